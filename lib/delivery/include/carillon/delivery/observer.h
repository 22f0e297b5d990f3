#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/destination.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/model/event.h"
#include "carillon/model/outcome.h"
#include "carillon/store/lane_state.h"

namespace carillon::delivery {

/// Told what goes wrong with destinations, and when that is over, by every dispatcher on its own
/// thread; for logs and tests. Must not block and must not call back. What succeeds is not told of,
/// and costs nothing. What is given holds for the length of the call.
class Observer {
 public:
  /// A delivery that will not be tried again.
  struct GivenUp {
    uint64_t position = 0;
    std::string_view event_id;            ///< empty where only the position is known
    const model::Event* event = nullptr;  ///< null where only the position is known
    uint32_t attempts = 0;
    model::Outcome outcome = model::Outcome::kCancelled;  ///< of the last one
  };

  /// Deliveries of a destination that were given up because too much was kept for it, or for too
  /// long (`journal.kept_*`).
  struct KeptTooMuch {
    uint64_t deliveries = 0;
    uint64_t too_old = 0;    ///< of these, for their age
    uint64_t of_tenant = 0;  ///< of these, for what is kept for the tenant's destinations together
    uint64_t first_position = 0;
    uint64_t last_position = 0;
  };

  /// What a destination had left when it was taken out of the configuration; all of it is given up.
  struct Removed {
    uint64_t unsent = 0;  ///< in memory or in flight; `OnGivenUp` told of each
    uint64_t parked = 0;  ///< had rows: retries, held, kept
    uint64_t behind = 0;  ///< still lay in the journal behind its cursor
    uint64_t deliveries() const { return unsent + parked + behind; }
  };

  virtual ~Observer() = default;
  /// An attempt ended with `outcome`, which is neither kSuccess nor kCancelled. Of a batch the
  /// first event is given.
  virtual void OnFailed(const model::Destination&, model::Outcome, const http::Response&,
                        const model::Event&) {}
  /// Opened, whether for the first time or again, for so long.
  virtual void OnBreakerOpened(const model::Destination&, std::chrono::nanoseconds) {}
  virtual void OnBreakerClosed(const model::Destination&) {}
  virtual void OnDisabled(const model::Destination&, model::DisabledReason) {}
  virtual void OnEnabled(const model::Destination&) {}
  /// By its owner's call, which is in the health.
  virtual void OnPaused(const model::Destination&, const store::Health&) {}
  virtual void OnResumed(const model::Destination&, const store::Health&) {}
  virtual void OnGivenUp(const model::Destination&, const GivenUp&) {}
  /// Of one destination every ten seconds at most; `OnGivenUp` told of each delivery before.
  virtual void OnKeptTooMuch(const model::Destination&, const KeptTooMuch&) {}
  /// Once, when all is counted.
  virtual void OnRemoved(const model::Destination&, const Removed&) {}
};

}  // namespace carillon::delivery
