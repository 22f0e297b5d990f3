#include <google/protobuf/empty.pb.h>

#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/aip/page_token.h"
#include "carillon/control/key_methods.h"
#include "carillon/v1/destination_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {
namespace {

absl::Status ListKeys(const control::KeyMethods& methods, const v1::ListKeysRequest& request,
                      v1::ListKeysResponse& response) {
  const auto size = aip::PageSize(request.page_size());
  if (!size.ok()) return size.status();
  if (!request.page_token().empty()) {
    return aip::BadField("page_token", "TOKEN", "there is one page only", v1::PAGE_TOKEN_INVALID);
  }
  absl::StatusOr<std::vector<v1::Key>> keys = methods.List(request.parent());
  if (!keys.ok()) return keys.status();
  for (v1::Key& key : *keys) *response.add_keys() = std::move(key);
  return absl::OkStatus();
}

}  // namespace

rpc::Guest MakeKeyFront(ControlCalls& calls, control::KeyMethods& methods) {
  ServiceTable table("carillon.v1.KeyService", calls);
  table.Read<v1::GetKeyRequest, v1::Key>(
      [&methods](const v1::GetKeyRequest& request, const control::Caller&, v1::Key& response) {
        absl::StatusOr<v1::Key> key = methods.Get(request.name());
        if (key.ok()) response = *std::move(key);
        return key.status();
      });
  table.Read<v1::ListKeysRequest, v1::ListKeysResponse>(
      [&methods](const v1::ListKeysRequest& request, const control::Caller&,
                 v1::ListKeysResponse& response) { return ListKeys(methods, request, response); });
  table.Change<v1::CreateKeyRequest, v1::Key>(
      [&methods](const v1::CreateKeyRequest& request, const control::Caller& caller, auto done) {
        methods.Create(request, caller, std::move(done));
      });
  table.Change<v1::UpdateKeyRequest, v1::Key>(
      [&methods](const v1::UpdateKeyRequest& request, const control::Caller& caller, auto done) {
        methods.Update(request, caller, std::move(done));
      });
  table.Change<v1::DeleteKeyRequest, google::protobuf::Empty>(
      [&methods](const v1::DeleteKeyRequest& request, const control::Caller& caller, auto done) {
        methods.Delete(request, caller, std::move(done));
      });
  table.Change<v1::RotateKeyRequest, v1::RotateKeyResponse>(
      [&methods](const v1::RotateKeyRequest& request, const control::Caller& caller, auto done) {
        methods.Rotate(request, caller, std::move(done));
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
