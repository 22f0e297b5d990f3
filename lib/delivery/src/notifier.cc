#include "notifier.h"

#include "carillon/model/operational.h"

namespace carillon::delivery {

void Notifier::OnDead(const Lane& lane, const Observer::GivenUp& delivery) {
  const model::Destination& destination = lane.destination();
  observer_.OnGivenUp(destination, delivery);
  // Of an operational event it would be one more.
  if (lane.closing() || delivery.event == nullptr) return;
  if (model::IsOperational(delivery.event->type())) return;
  if (!routes_.IsSubscribed(lane, model::kDeliveryDead)) return;
  settlements_.Add(DeliveryDead(destination, *delivery.event, delivery.attempts, delivery.outcome,
                                clock_.Wall(), random_));
}

void Notifier::OnEvicted(const Lane& lane, const Evicted& evicted) {
  observer_.OnKeptTooMuch(lane.destination(), {.deliveries = evicted.deliveries,
                                               .too_old = evicted.too_old,
                                               .of_tenant = evicted.of_tenant,
                                               .first_position = evicted.first,
                                               .last_position = evicted.last});
  if (lane.closing() || !routes_.IsSubscribed(lane, model::kDeliveryDead)) return;
  settlements_.Add(DeliveriesEvicted(lane.destination(), evicted, clock_.Wall(), random_));
}

void Notifier::OnBreakerOpened(const Lane& lane, std::chrono::nanoseconds closes_in) {
  observer_.OnBreakerOpened(lane.destination(), closes_in);
}

void Notifier::OnBreakerClosed(const Lane& lane) {
  TellRecovered(lane, Recovery::kBreakerClosed);
  observer_.OnBreakerClosed(lane.destination());
}

void Notifier::OnDisabled(const Lane& lane, model::DisabledReason why) {
  observer_.OnDisabled(lane.destination(), why);
  if (!routes_.IsSubscribed(lane, model::kDestinationDisabled)) return;
  settlements_.Add(DestinationDisabled(lane.destination(), lane.health(), random_));
}

void Notifier::OnEnabled(const Lane& lane) {
  observer_.OnEnabled(lane.destination());
  TellRecovered(lane, Recovery::kEnabled);
}

void Notifier::OnPaused(const Lane& lane) { observer_.OnPaused(lane.destination(), lane.health()); }

void Notifier::OnResumed(const Lane& lane) {
  observer_.OnResumed(lane.destination(), lane.health());
}

void Notifier::TellRecovered(const Lane& lane, Recovery how) {
  if (!routes_.IsSubscribed(lane, model::kDestinationRecovered)) return;
  settlements_.Add(DestinationRecovered(lane.destination(), how, clock_.Wall(), random_));
}

}  // namespace carillon::delivery
