#include <memory>
#include <utility>

#include "carillon/control/attempt_tails.h"
#include "carillon/control/delivery_methods.h"
#include "carillon/control/resend_methods.h"
#include "carillon/v1/delivery_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeDeliveryFront(ControlCalls& calls, const control::DeliveryMethods& methods,
                             control::ResendMethods& resends, control::AttemptTails& tails) {
  ServiceTable table("carillon.v1.DeliveryService", calls);
  using Done = control::Methods::Done;
  table.Change<v1::GetDeliveryRequest, v1::Delivery>(
      [&methods](const v1::GetDeliveryRequest& request, const control::Caller&, Done done) {
        methods.Get(request, std::move(done));
      });
  table.Change<v1::ListDeliveriesRequest, v1::ListDeliveriesResponse>(
      [&methods](const v1::ListDeliveriesRequest& request, const control::Caller& caller,
                 Done done) { methods.List(request, caller, std::move(done)); });
  table.Change<v1::CountDeliveriesRequest, v1::CountDeliveriesResponse>(
      [&methods](const v1::CountDeliveriesRequest& request, const control::Caller& caller,
                 Done done) { methods.Count(request, caller, std::move(done)); });
  table.Change<v1::GetAttemptRequest, v1::Attempt>(
      [&methods](const v1::GetAttemptRequest& request, const control::Caller&, Done done) {
        methods.GetAttempt(request, std::move(done));
      });
  table.Change<v1::ListAttemptsRequest, v1::ListAttemptsResponse>(
      [&methods](const v1::ListAttemptsRequest& request, const control::Caller& caller, Done done) {
        methods.ListAttempts(request, caller, std::move(done));
      });
  table.Change<v1::ResendDeliveryRequest, v1::Delivery>(
      [&resends](const v1::ResendDeliveryRequest& request, const control::Caller& caller,
                 Done done) { resends.Resend(request, caller, std::move(done)); });
  table.Change<v1::ResendDeliveriesRequest, v1::ResendDeliveriesResponse>(
      [&resends](const v1::ResendDeliveriesRequest& request, const control::Caller& caller,
                 Done done) { resends.ResendAll(request, caller, std::move(done)); });
  table.Change<v1::PurgeDeliveriesRequest, v1::PurgeDeliveriesResponse>(
      [&resends](const v1::PurgeDeliveriesRequest& request, const control::Caller& caller,
                 Done done) { resends.PurgeAll(request, caller, std::move(done)); });
  table.Change<v1::ReplayEventsRequest, v1::ReplayEventsResponse>(
      [&resends](const v1::ReplayEventsRequest& request, const control::Caller& caller, Done done) {
        resends.Replay(request, caller, std::move(done));
      });
  table.Stream<v1::TailAttemptsRequest, v1::TailAttemptsResponse>(
      [&tails](const v1::TailAttemptsRequest& request, const control::Caller& caller,
               std::unique_ptr<control::AnswerStream> stream) {
        tails.Begin(request, caller, std::move(stream));
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
