#include <utility>

#include "carillon/control/delivery_methods.h"
#include "carillon/v1/delivery_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeDeliveryFront(ControlCalls& calls, const control::DeliveryMethods& methods) {
  ServiceTable table("carillon.v1.DeliveryService", calls);
  using Done = control::Methods::Done;
  table.Change<v1::GetDeliveryRequest, v1::Delivery>(
      [&methods](const v1::GetDeliveryRequest& request, const control::Caller&, Done done) {
        methods.Get(request, std::move(done));
      });
  table.Change<v1::ListDeliveriesRequest, v1::ListDeliveriesResponse>(
      [&methods](const v1::ListDeliveriesRequest& request, const control::Caller& caller,
                 Done done) { methods.List(request, caller, std::move(done)); });
  table.Change<v1::GetAttemptRequest, v1::Attempt>(
      [&methods](const v1::GetAttemptRequest& request, const control::Caller&, Done done) {
        methods.GetAttempt(request, std::move(done));
      });
  table.Change<v1::ListAttemptsRequest, v1::ListAttemptsResponse>(
      [&methods](const v1::ListAttemptsRequest& request, const control::Caller& caller, Done done) {
        methods.ListAttempts(request, caller, std::move(done));
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
