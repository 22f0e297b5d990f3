#include "carillon/operations/event_message.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "carillon/base/clock.h"
#include "carillon/base/text.h"
#include "carillon/model/trace_context.h"

namespace carillon::operations {
namespace {

void SetStamp(base::WallTime time, google::protobuf::Timestamp& to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  to.set_seconds(seconds.time_since_epoch().count());
  to.set_nanos(static_cast<int32_t>((time - seconds).count()));
}

}  // namespace

std::string EventName(const model::Event& event) {
  return absl::StrCat("tenants/", base::ToAbsl(event.tenant()), "/events/",
                      base::ToAbsl(event.id()), "@", event.position());
}

v1::Event ToMessage(const model::Event& event, bool payload) {
  v1::Event message;
  message.set_name(EventName(event));
  message.set_id(std::string(event.id()));
  message.set_type(std::string(event.type()));
  message.set_tenant(std::string(event.tenant()));
  message.set_ordering_key(std::string(event.ordering_key()));
  for (const auto& [key, value] : event.attributes()) {
    (*message.mutable_attributes())[std::string(key)] = std::string(value);
  }
  SetStamp(event.occurred_at(), *message.mutable_occur_time());
  SetStamp(event.accepted_at(), *message.mutable_accept_time());
  message.set_position(event.position());
  message.set_payload_bytes(static_cast<uint32_t>(event.payload().size()));
  if (const auto trace = event.trace()) message.set_trace_id(model::TraceIdText(trace->trace_id));
  if (payload) message.set_json(std::string(event.payload()));
  return message;
}

}  // namespace carillon::operations
