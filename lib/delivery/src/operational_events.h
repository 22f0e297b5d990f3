#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/model/destination.h"
#include "carillon/model/event.h"
#include "carillon/model/operational.h"
#include "carillon/model/outcome.h"
#include "carillon/store/lane_state.h"

namespace carillon::delivery {

// Events that tell a tenant what became of its destinations and deliveries. Each is an event like
// any other: in the destination's tenant, with an id of its own (UUIDv7), `occurred_at` the time
// given; docs/delivery.md shows the payloads.

/// `health` says why and since when.
std::shared_ptr<model::Event> DestinationDisabled(const model::Destination& destination,
                                                  const store::Health& health,
                                                  base::Random& random);

enum class Recovery : uint8_t { kBreakerClosed, kEnabled };
std::shared_ptr<model::Event> DestinationRecovered(const model::Destination& destination,
                                                   Recovery how, base::WallTime now,
                                                   base::Random& random);

/// `event` is given up after `attempts`, the last of which ended so.
std::shared_ptr<model::Event> DeliveryDead(const model::Destination& destination,
                                           const model::Event& event, uint32_t attempts,
                                           model::Outcome outcome, base::WallTime now,
                                           base::Random& random);

/// Deliveries of a destination that were given up because too much was kept for it, or for too
/// long.
struct Evicted {
  uint64_t deliveries = 0;
  uint64_t too_old = 0;    ///< of these, for their age
  uint64_t of_tenant = 0;  ///< of these, for what is kept for the tenant's destinations together
  uint64_t first = 0;      ///< positions
  uint64_t last = 0;
};
/// Many at once, without attempts of late: what was kept for the destination was too much or too
/// old. It tells how many, and between which positions they lie.
std::shared_ptr<model::Event> DeliveriesEvicted(const model::Destination& destination,
                                                const Evicted& evicted, base::WallTime now,
                                                base::Random& random);

}  // namespace carillon::delivery
