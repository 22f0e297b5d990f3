#include "carillon/delivery/delivery_log.h"

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::delivery {
namespace {

std::string NameOf(const model::Destination& destination) {
  return destination.tenant + "/" + destination.name;
}

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Of the trace that the event belongs to; empty, and left out of the line, when there is none.
std::string TraceOf(const model::Event* event) {
  if (event == nullptr || !event->traced()) return {};
  return model::TraceIdText(event->trace()->trace_id);
}

/// A field that is left out when there is nothing to say.
log::Field Maybe(std::string_view name, const std::string& value) {
  return {value.empty() ? std::string_view() : name, value};
}

}  // namespace

std::optional<uint64_t> DeliveryLog::Allow(const std::string& destination, std::string_view kind,
                                           int detail) {
  const std::string key =
      absl::StrCat(base::ToAbsl(kind), " ", detail, " ", destination);  // cut at the end, if at all
  return limiter_.Allow(key, clock_.Mono(), kInterval);
}

void DeliveryLog::OnFailed(const model::Destination& destination, model::Outcome outcome,
                           const http::Response& response, const model::Event& event) {
  if (!logger_.Enabled(log::Level::kWarn)) return;
  const std::string name = NameOf(destination);
  const std::string_view cause = model::OutcomeName(outcome);
  const auto suppressed = Allow(name, cause, response.status);
  if (!suppressed) return;
  const std::string_view address = response.peer ? std::string_view(*response.peer) : "";
  const std::string trace = TraceOf(&event);
  if (response.status != 0) {
    logger_.Warn("an attempt failed: the receiver did not take it", {{"destination", name},
                                                                     {"cause", cause},
                                                                     {"status", response.status},
                                                                     {"address", address},
                                                                     {"event_id", event.id()},
                                                                     Maybe("trace_id", trace),
                                                                     {"suppressed", *suppressed}});
    return;
  }
  logger_.Warn("an attempt failed", {{"destination", name},
                                     {"cause", cause},
                                     {"phase", http::PhaseName(response.phase)},
                                     {"address", address},
                                     {"error", response.error},
                                     {"event_id", event.id()},
                                     Maybe("trace_id", trace),
                                     {"suppressed", *suppressed}});
}

void DeliveryLog::OnBreakerOpened(const model::Destination& destination,
                                  std::chrono::nanoseconds wait) {
  const std::string name = NameOf(destination);
  const auto suppressed = Allow(name, "opened", 0);
  if (!suppressed) return;
  logger_.Warn("a breaker opened: the destination is left alone",
               {{"destination", name}, {"seconds", Seconds(wait)}, {"suppressed", *suppressed}});
}

void DeliveryLog::OnBreakerClosed(const model::Destination& destination) {
  const std::string name = NameOf(destination);
  const auto suppressed = Allow(name, "closed", 0);
  if (!suppressed) return;
  logger_.Info("a breaker closed: the destination has recovered",
               {{"destination", name}, {"suppressed", *suppressed}});
}

void DeliveryLog::OnDisabled(const model::Destination& destination, model::DisabledReason why) {
  const std::string name = NameOf(destination);
  const auto suppressed = Allow(name, "disabled", 0);
  if (!suppressed) return;
  logger_.Warn("a destination is disabled: nothing is sent there until it is enabled",
               {{"destination", name},
                {"reason", model::DisabledReasonName(why)},
                {"deliveries_kept", !destination.disabling.drop_deliveries},
                {"suppressed", *suppressed}});
}

void DeliveryLog::OnEnabled(const model::Destination& destination) {
  const std::string name = NameOf(destination);
  const auto suppressed = Allow(name, "enabled", 0);
  if (!suppressed) return;
  logger_.Info("a destination is enabled", {{"destination", name}, {"suppressed", *suppressed}});
}

void DeliveryLog::OnPaused(const model::Destination& destination, const store::Health& health) {
  const std::string name = NameOf(destination);
  const auto suppressed = Allow(name, "paused", 0);
  if (!suppressed) return;
  const bool ends = health.paused_until.has_value();
  const double seconds = ends ? Seconds(*health.paused_until - health.call->at) : 0;
  logger_.Info(
      ends ? "a destination is paused for a while" : "a destination is paused until it is resumed",
      {{"destination", name},
       {ends ? "seconds" : "", seconds},
       {"principal", health.call->principal},
       Maybe("reason", health.call->reason),
       {"suppressed", *suppressed}});
}

void DeliveryLog::OnResumed(const model::Destination& destination, const store::Health& health) {
  const std::string name = NameOf(destination);
  const auto suppressed = Allow(name, "resumed", 0);
  if (!suppressed) return;
  logger_.Info("a destination is resumed", {{"destination", name},
                                            {"principal", health.call->principal},
                                            Maybe("reason", health.call->reason),
                                            {"suppressed", *suppressed}});
}

void DeliveryLog::OnGivenUp(const model::Destination& destination, const GivenUp& delivery) {
  if (!logger_.Enabled(log::Level::kWarn)) return;
  const std::string name = NameOf(destination);
  const std::string_view cause = model::OutcomeName(delivery.outcome);
  const auto suppressed = Allow(name, "given up", static_cast<int>(delivery.outcome));
  if (!suppressed) return;
  const std::string trace = TraceOf(delivery.event);
  logger_.Warn("a delivery is given up", {{"destination", name},
                                          {"cause", cause},
                                          {"event_id", delivery.event_id},
                                          Maybe("trace_id", trace),
                                          {"position", delivery.position},
                                          {"attempts", delivery.attempts},
                                          {"suppressed", *suppressed}});
}

// Not limited: none may be missing from the sum of these lines.
void DeliveryLog::OnKeptTooMuch(const model::Destination& destination, const KeptTooMuch& kept) {
  logger_.Warn("deliveries are given up: more was kept for the destination than may be",
               {{"destination", NameOf(destination)},
                {"deliveries", kept.deliveries},
                {"too_old", kept.too_old},
                {"too_much_of_tenant", kept.of_tenant},
                {"first_position", kept.first_position},
                {"last_position", kept.last_position}});
}

void DeliveryLog::OnRemoved(const model::Destination& destination, const Removed& removed) {
  logger_.Warn("deliveries are given up: their destination was taken out of the configuration",
               {{"destination", NameOf(destination)},
                {"deliveries", removed.deliveries()},
                {"unsent", removed.unsent},
                {"parked", removed.parked},
                {"behind", removed.behind}});
}

}  // namespace carillon::delivery
