#include <utility>

#include "carillon/control/event_methods.h"
#include "carillon/v1/event_service.pb.h"
#include "fronts.h"
#include "service_table.h"

namespace carillon::controlgrpc {

rpc::Guest MakeEventFront(ControlCalls& calls, control::EventMethods& events) {
  ServiceTable table("carillon.v1.EventService", calls);
  using Done = control::Methods::Done;
  table.ReadLater<v1::GetEventRequest, v1::Event>(
      [&events](const v1::GetEventRequest& request, const control::Caller&, Done done) {
        events.Get(request, std::move(done));
      });
  table.ReadLater<v1::ListEventsRequest, v1::ListEventsResponse>(
      [&events](const v1::ListEventsRequest& request, const control::Caller& caller, Done done) {
        events.List(request, caller, std::move(done));
      });
  table.ReadLater<v1::ExplainEventRequest, v1::ExplainEventResponse>(
      [&events](const v1::ExplainEventRequest& request, const control::Caller&, Done done) {
        events.Explain(request, std::move(done));
      });
  return std::move(table).Done();
}

}  // namespace carillon::controlgrpc
