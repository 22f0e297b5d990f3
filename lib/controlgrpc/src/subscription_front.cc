#include <google/protobuf/empty.pb.h>

#include <memory>
#include <string>
#include <utility>

#include "carillon/v1/subscription_service.grpc.pb.h"
#include "fronts.h"
#include "standard_requests.h"

namespace carillon::controlgrpc {
namespace {

class SubscriptionFront final : public v1::SubscriptionService::CallbackService {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  SubscriptionFront(ControlCalls& calls, control::Methods& methods)
      : calls_(calls), methods_(methods) {}

  Reactor* GetSubscription(Context* context, const v1::GetSubscriptionRequest* request,
                           v1::Subscription* response) override {
    return calls_.Read(MethodName(*request), *context, Own(request),
                       [this, request, response](const control::Caller&) {
                         return Take(methods_.Get(request->name()), *response);
                       });
  }

  Reactor* ListSubscriptions(Context* context, const v1::ListSubscriptionsRequest* request,
                             v1::ListSubscriptionsResponse* response) override {
    return calls_.Read(MethodName(*request), *context, Own(request),
                       [this, request, response](const control::Caller& caller) {
                         return Take(methods_.List(ToList(*request), caller), "subscriptions",
                                     *response);
                       });
  }

  Reactor* CreateSubscription(Context* context, const v1::CreateSubscriptionRequest* request,
                              v1::Subscription* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Create(ToChange(*request), caller, request->parent(),
                                           request->subscription_id(), request->subscription(),
                                           std::move(done));
                         });
  }

  Reactor* UpdateSubscription(Context* context, const v1::UpdateSubscriptionRequest* request,
                              v1::Subscription* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Update(ToChange(*request), caller, request->subscription(),
                                           request->update_mask(), request->allow_missing(),
                                           std::move(done));
                         });
  }

  Reactor* DeleteSubscription(Context* context, const v1::DeleteSubscriptionRequest* request,
                              google::protobuf::Empty* response) override {
    return calls_.Change(MethodName(*request), *context, Own(request), *response,
                         [this, request](const control::Caller& caller, auto done) {
                           methods_.Delete(
                               ToChange(*request), caller, ToDeletion(*request),
                               [](const auto&) -> control::Answer {
                                 return std::make_unique<google::protobuf::Empty>();
                               },
                               std::move(done));
                         });
  }

 private:
  ControlCalls& calls_;
  control::Methods& methods_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSubscriptionFront(ControlCalls& calls,
                                                     control::Methods& methods) {
  return std::make_unique<SubscriptionFront>(calls, methods);
}

}  // namespace carillon::controlgrpc
