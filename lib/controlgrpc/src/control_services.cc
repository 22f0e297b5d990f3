#include "carillon/controlgrpc/control_services.h"

#include <utility>

#include "carillon/control/standard_methods.h"
#include "carillon/v1/destination_service.grpc.pb.h"
#include "carillon/v1/subscription_service.grpc.pb.h"
#include "control_calls.h"
#include "fronts.h"

namespace carillon::controlgrpc {
namespace {

class ControlServicesImpl final : public ControlServices {
 public:
  explicit ControlServicesImpl(ControlOptions options)
      : destinations_(options.repository, options.destinations, options.clock),
        subscriptions_(options.repository, options.subscriptions, options.clock),
        keys_(options.repository, options.destinations, options.clock),
        calls_(std::move(options.authorize)),
        destination_front_(MakeDestinationFront(calls_, destinations_)),
        key_front_(MakeKeyFront(calls_, keys_)),
        subscription_front_(MakeSubscriptionFront(calls_, subscriptions_)) {}

  std::vector<Named> services() override {
    return {{v1::DestinationService::service_full_name(), destination_front_.get()},
            {v1::KeyService::service_full_name(), key_front_.get()},
            {v1::SubscriptionService::service_full_name(), subscription_front_.get()}};
  }
  void Stop() override { calls_.Stop(); }

 private:
  control::Methods destinations_;
  control::Methods subscriptions_;
  control::KeyMethods keys_;
  ControlCalls calls_;
  const std::unique_ptr<grpc::Service> destination_front_;
  const std::unique_ptr<grpc::Service> key_front_;
  const std::unique_ptr<grpc::Service> subscription_front_;
};

}  // namespace

std::unique_ptr<ControlServices> ControlServices::Create(ControlOptions options) {
  return std::make_unique<ControlServicesImpl>(std::move(options));
}

}  // namespace carillon::controlgrpc
