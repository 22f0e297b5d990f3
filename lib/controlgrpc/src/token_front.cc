#include <utility>

#include "carillon/access/describe_caller.h"
#include "carillon/v1/access_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeTokenFront(ControlCalls& calls, const access::Methods& methods) {
  ServiceTable table("carillon.v1.TokenService", calls);
  table.Read<v1::GetCallerRequest, v1::Caller>(
      [&methods](const v1::GetCallerRequest&, const control::Caller& caller, v1::Caller& response) {
        response = access::DescribeCaller(*caller.credential, methods);
        return absl::OkStatus();
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
