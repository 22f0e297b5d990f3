#include <google/protobuf/empty.pb.h>

#include <memory>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/control/key_methods.h"
#include "carillon/v1/destination_service.grpc.pb.h"
#include "fronts.h"
#include "standard_requests.h"

namespace carillon::controlgrpc {
namespace {

class KeyFront final : public v1::KeyService::CallbackService {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  KeyFront(ControlCalls& calls, control::KeyMethods& methods) : calls_(calls), methods_(methods) {}

  Reactor* GetKey(Context* context, const v1::GetKeyRequest* request, v1::Key* response) override {
    return calls_.Read(MethodName(*request), *context, Own(request),
                       [this, request, response](const control::Caller&) {
                         absl::StatusOr<v1::Key> key = methods_.Get(request->name());
                         if (key.ok()) *response = *std::move(key);
                         return key.status();
                       });
  }

  Reactor* ListKeys(Context* context, const v1::ListKeysRequest* request,
                    v1::ListKeysResponse* response) override {
    return calls_.Read(MethodName(*request), *context, Own(request),
                       [this, request, response](const control::Caller&) -> absl::Status {
                         if (!request->page_token().empty()) {
                           return aip::BadField("page_token", "TOKEN", "there is one page only",
                                                v1::PAGE_TOKEN_INVALID);
                         }
                         absl::StatusOr<std::vector<v1::Key>> keys =
                             methods_.List(request->parent());
                         if (!keys.ok()) return keys.status();
                         for (v1::Key& key : *keys) *response->add_keys() = std::move(key);
                         return absl::OkStatus();
                       });
  }

  Reactor* CreateKey(Context* context, const v1::CreateKeyRequest* request,
                     v1::Key* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Create(*request, caller, std::move(done));
                         });
  }

  Reactor* UpdateKey(Context* context, const v1::UpdateKeyRequest* request,
                     v1::Key* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Update(*request, caller, std::move(done));
                         });
  }

  Reactor* DeleteKey(Context* context, const v1::DeleteKeyRequest* request,
                     google::protobuf::Empty* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Delete(*request, caller, std::move(done));
                         });
  }

  Reactor* RotateKey(Context* context, const v1::RotateKeyRequest* request,
                     v1::RotateKeyResponse* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Rotate(*request, caller, std::move(done));
                         });
  }

 private:
  ControlCalls& calls_;
  control::KeyMethods& methods_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeKeyFront(ControlCalls& calls, control::KeyMethods& methods) {
  return std::make_unique<KeyFront>(calls, methods);
}

}  // namespace carillon::controlgrpc
