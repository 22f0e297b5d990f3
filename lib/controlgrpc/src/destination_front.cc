#include <string>
#include <utility>
#include <vector>

#include "carillon/v1/destination_service.grpc.pb.h"
#include "fronts.h"
#include "standard_requests.h"

namespace carillon::controlgrpc {
namespace {

class DestinationFront final : public v1::DestinationService::CallbackService {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  DestinationFront(ControlCalls& calls, control::Methods& methods)
      : calls_(calls), methods_(methods) {}

  Reactor* GetDestination(Context* context, const v1::GetDestinationRequest* request,
                          v1::Destination* response) override {
    return calls_.Read(MethodName(*request), *context, Own(request),
                       [this, request, response](const control::Caller&) {
                         return Take(methods_.Get(request->name()), *response);
                       });
  }

  Reactor* ListDestinations(Context* context, const v1::ListDestinationsRequest* request,
                            v1::ListDestinationsResponse* response) override {
    return calls_.Read(MethodName(*request), *context, Own(request),
                       [this, request, response](const control::Caller& caller) {
                         return Take(methods_.List(ToList(*request), caller), "destinations",
                                     *response);
                       });
  }

  Reactor* CreateDestination(Context* context, const v1::CreateDestinationRequest* request,
                             v1::Destination* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Create(ToChange(*request), caller, request->parent(),
                                           request->destination_id(), request->destination(),
                                           std::move(done));
                         });
  }

  Reactor* UpdateDestination(Context* context, const v1::UpdateDestinationRequest* request,
                             v1::Destination* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Update(ToChange(*request), caller, request->destination(),
                                           request->update_mask(), request->allow_missing(),
                                           std::move(done));
                         });
  }

  Reactor* DeleteDestination(Context* context, const v1::DeleteDestinationRequest* request,
                             v1::DeleteDestinationResponse* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Delete(ToChange(*request), caller, ToDeletion(*request),
                                           &Describe, std::move(done));
                         });
  }

 private:
  /// What went with it.
  static control::Answer Describe(const std::vector<control::Edit>& edits) {
    auto answer = std::make_unique<v1::DeleteDestinationResponse>();
    for (size_t i = 1; i < edits.size(); ++i) {
      if (edits[i].message == nullptr) {
        answer->add_deleted_subscriptions(edits[i].name);
      } else {
        answer->add_changed_subscriptions(edits[i].name);
      }
    }
    return answer;
  }

  ControlCalls& calls_;
  control::Methods& methods_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDestinationFront(ControlCalls& calls,
                                                    control::Methods& methods) {
  return std::make_unique<DestinationFront>(calls, methods);
}

}  // namespace carillon::controlgrpc
