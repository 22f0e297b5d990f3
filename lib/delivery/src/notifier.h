#pragma once

#include <chrono>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/delivery/observer.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/notices/notice.h"
#include "lane.h"
#include "operational_events.h"
#include "settlement_buffer.h"
#include "table_in_force.h"

namespace carillon::delivery {

/// Tells what goes wrong with destinations, and right again: the observer and who keeps notices
/// always, and the tenant by an event of Carillon's own where it subscribed to that type.
/// Dispatcher's thread; what is given outlives it.
class Notifier {
 public:
  Notifier(const base::Clock& clock, base::Random& random, Observer& observer,
           notices::Sink* notices, const TableInForce& routes, SettlementBuffer& settlements)
      : clock_(clock),
        random_(random),
        observer_(observer),
        notices_(notices),
        routes_(routes),
        settlements_(settlements) {}

  /// The tenant is told only where the event is known, and not of events that tell of events, nor
  /// where it took the destination out itself.
  void OnDead(const Lane& lane, const Observer::GivenUp& delivery);
  /// The same for many, whose events are not known.
  void OnEvicted(const Lane& lane, const Evicted& evicted);
  /// `again`: it was open before, and not closed since.
  void OnBreakerOpened(Lane& lane, std::chrono::nanoseconds closes_in, bool again);
  void OnBreakerClosed(const Lane& lane);
  /// The lane's health says why.
  void OnDisabled(const Lane& lane, model::DisabledReason why);
  void OnEnabled(const Lane& lane);
  /// By its owner, as the lane's health says. Only the observer is told.
  void OnPaused(const Lane& lane);
  void OnResumed(const Lane& lane);

 private:
  void TellRecovered(const Lane& lane, Recovery how);
  /// Something happened now.
  notices::Notice Happened(const Lane& lane, notices::Kind kind) const;
  /// The same, by whoever the lane's health says.
  notices::Notice Called(const Lane& lane, notices::Kind kind) const;
  void Keep(notices::Notice notice);

  const base::Clock& clock_;
  base::Random& random_;
  Observer& observer_;
  notices::Sink* const notices_;  // may be null
  const TableInForce& routes_;
  SettlementBuffer& settlements_;
};

}  // namespace carillon::delivery
