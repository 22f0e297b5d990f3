#include <google/protobuf/empty.pb.h>

#include <utility>

#include "carillon/access/describe_caller.h"
#include "carillon/v1/access_service.pb.h"
#include "fronts.h"
#include "service_table.h"
#include "standard_requests.h"

namespace carillon::controlgrpc {

rpc::Guest MakeTokenFront(ControlCalls& calls, control::TokenMethods& tokens,
                          const access::Methods& methods) {
  ServiceTable table("carillon.v1.TokenService", calls);
  table.Read<v1::GetTokenRequest, v1::Token>(
      [&tokens](const v1::GetTokenRequest& request, const control::Caller&, v1::Token& response) {
        absl::StatusOr<v1::Token> token = tokens.Get(request.name());
        if (token.ok()) response = *std::move(token);
        return token.status();
      });
  table.Read<v1::ListTokensRequest, v1::ListTokensResponse>(
      [&tokens](const v1::ListTokensRequest& request, const control::Caller& caller,
                v1::ListTokensResponse& response) {
        return Take(tokens.List(ToList(request), caller), "tokens", response);
      });
  table.Change<v1::CreateTokenRequest, v1::Token>(
      [&tokens](const v1::CreateTokenRequest& request, const control::Caller& caller, auto done) {
        tokens.Create(request, caller, std::move(done));
      });
  table.Change<v1::UpdateTokenRequest, v1::Token>(
      [&tokens](const v1::UpdateTokenRequest& request, const control::Caller& caller, auto done) {
        tokens.Update(request, caller, std::move(done));
      });
  table.Change<v1::DeleteTokenRequest, google::protobuf::Empty>(
      [&tokens](const v1::DeleteTokenRequest& request, const control::Caller& caller, auto done) {
        tokens.Delete(request, caller, std::move(done));
      });
  table.Read<v1::GetCallerRequest, v1::Caller>(
      [&methods](const v1::GetCallerRequest&, const control::Caller& caller, v1::Caller& response) {
        response = access::DescribeCaller(*caller.credential, methods);
        return absl::OkStatus();
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
