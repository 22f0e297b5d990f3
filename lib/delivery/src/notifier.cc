#include "notifier.h"

#include <utility>

#include "carillon/model/operational.h"

namespace carillon::delivery {

using notices::Kind;
using notices::Notice;

Notice Notifier::Happened(const Lane& lane, Kind kind) const {
  const model::Destination& destination = lane.destination();
  const base::WallTime now = clock_.Wall();
  return {.tenant = destination.tenant,
          .destination = destination.name,
          .uid = destination.uid,
          .kind = kind,
          .first = now,
          .last = now};
}

Notice Notifier::Called(const Lane& lane, Kind kind) const {
  Notice notice = Happened(lane, kind);
  if (lane.health().call) notice.principal = lane.health().call->principal;
  return notice;
}

void Notifier::Keep(Notice notice) {
  if (notices_ != nullptr) notices_->Add(std::move(notice));
}

void Notifier::OnDead(const Lane& lane, const Observer::GivenUp& delivery) {
  const model::Destination& destination = lane.destination();
  observer_.OnGivenUp(destination, delivery);
  if (!lane.closing()) {
    Notice notice = Happened(lane, Kind::kDead);
    notice.outcome = delivery.outcome;
    if (lane.results.outcome == delivery.outcome) notice.http_status = lane.results.http_status;
    Keep(std::move(notice));
  }
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
  if (lane.closing()) return;
  Notice notice = Happened(lane, Kind::kEvicted);
  notice.count = evicted.deliveries;
  Keep(std::move(notice));
  if (!routes_.IsSubscribed(lane, model::kDeliveryDead)) return;
  settlements_.Add(DeliveriesEvicted(lane.destination(), evicted, clock_.Wall(), random_));
}

void Notifier::OnBreakerOpened(Lane& lane, std::chrono::nanoseconds closes_in, bool again) {
  observer_.OnBreakerOpened(lane.destination(), closes_in);
  if (again) return;
  Notice notice = Happened(lane, Kind::kBreakerOpened);
  lane.results.opened = notice.last;
  notice.outcome = lane.results.outcome;
  notice.http_status = lane.results.http_status;
  notice.since = lane.failing.since();
  Keep(std::move(notice));
}

void Notifier::OnBreakerClosed(const Lane& lane) {
  TellRecovered(lane, Recovery::kBreakerClosed);
  observer_.OnBreakerClosed(lane.destination());
  Notice notice = Happened(lane, Kind::kBreakerClosed);
  notice.since = lane.results.opened;
  Keep(std::move(notice));
}

void Notifier::OnDisabled(const Lane& lane, model::DisabledReason why) {
  observer_.OnDisabled(lane.destination(), why);
  Notice notice = Called(lane, Kind::kDisabled);
  notice.disabled = why;
  Keep(std::move(notice));
  if (!routes_.IsSubscribed(lane, model::kDestinationDisabled)) return;
  settlements_.Add(DestinationDisabled(lane.destination(), lane.health(), random_));
}

void Notifier::OnEnabled(const Lane& lane) {
  observer_.OnEnabled(lane.destination());
  Keep(Called(lane, Kind::kEnabled));
  TellRecovered(lane, Recovery::kEnabled);
}

void Notifier::OnPaused(const Lane& lane) {
  observer_.OnPaused(lane.destination(), lane.health());
  Keep(Called(lane, Kind::kPaused));
}

void Notifier::OnResumed(const Lane& lane) {
  observer_.OnResumed(lane.destination(), lane.health());
  Keep(Called(lane, Kind::kResumed));
}

void Notifier::TellRecovered(const Lane& lane, Recovery how) {
  if (!routes_.IsSubscribed(lane, model::kDestinationRecovered)) return;
  settlements_.Add(DestinationRecovered(lane.destination(), how, clock_.Wall(), random_));
}

}  // namespace carillon::delivery
