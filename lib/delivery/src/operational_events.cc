#include "operational_events.h"

#include <optional>
#include <string>

#include "carillon/base/text.h"
#include "carillon/base/uuid.h"
#include "carillon/codec/json_writer.h"

namespace carillon::delivery {
namespace {

std::shared_ptr<model::Event> Make(std::string_view type, const model::Destination& destination,
                                   const std::string& payload, base::WallTime now,
                                   base::Random& random,
                                   const model::TraceContext* trace = nullptr) {
  const std::string id = base::MakeUuidV7(now, random);
  return model::Event::Create({.id = id,
                               .type = type,
                               .tenant = destination.tenant,
                               .ordering_key = destination.name,
                               .occurred_at = now,
                               .attributes = {},
                               .payload = payload,
                               .trace = trace});
}

}  // namespace

std::shared_ptr<model::Event> DestinationDisabled(const model::Destination& destination,
                                                  const store::Health& health,
                                                  base::Random& random) {
  std::string payload;
  codec::JsonWriter json(payload);
  json.String("destination", destination.name);
  json.String("reason", model::DisabledReasonName(*health.disabled));
  if (health.failing_since)
    json.String("failing_since", base::FormatRfc3339(*health.failing_since));
  json.Bool("deliveries_kept", !destination.disabling.drop_deliveries);
  json.End();
  return Make(model::kDestinationDisabled, destination, payload, health.disabled_at, random);
}

std::shared_ptr<model::Event> DestinationRecovered(const model::Destination& destination,
                                                   Recovery how, base::WallTime now,
                                                   base::Random& random) {
  std::string payload;
  codec::JsonWriter json(payload);
  json.String("destination", destination.name);
  json.String("reason", how == Recovery::kEnabled ? "enabled" : "breaker_closed");
  json.End();
  return Make(model::kDestinationRecovered, destination, payload, now, random);
}

std::shared_ptr<model::Event> DeliveryDead(const model::Destination& destination,
                                           const model::Event& event, uint32_t attempts,
                                           model::Outcome outcome, base::WallTime now,
                                           base::Random& random) {
  std::string payload;
  codec::JsonWriter json(payload);
  json.String("destination", destination.name);
  json.String("event_id", event.id());
  json.String("event_type", event.type());
  json.Int("position", static_cast<int64_t>(event.position()));
  json.Int("attempts", attempts);
  json.String("outcome", model::OutcomeName(outcome));
  json.End();
  const std::optional<model::TraceContext> trace = event.trace();
  return Make(model::kDeliveryDead, destination, payload, now, random, trace ? &*trace : nullptr);
}

std::shared_ptr<model::Event> DeliveriesEvicted(const model::Destination& destination,
                                                const Evicted& evicted, base::WallTime now,
                                                base::Random& random) {
  std::string payload;
  codec::JsonWriter json(payload);
  json.String("destination", destination.name);
  json.Int("deliveries", static_cast<int64_t>(evicted.deliveries));
  json.Int("too_old", static_cast<int64_t>(evicted.too_old));
  json.Int("first_position", static_cast<int64_t>(evicted.first));
  json.Int("last_position", static_cast<int64_t>(evicted.last));
  json.String("outcome", model::OutcomeName(model::Outcome::kCancelled));
  json.End();
  return Make(model::kDeliveryDead, destination, payload, now, random);
}

}  // namespace carillon::delivery
