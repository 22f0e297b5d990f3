#pragma once

#include <cstddef>
#include <string>

#include "carillon/model/event.h"
#include "carillon/model/subscription.h"

namespace carillon::routing {

/// Bytes of what is told that an event has; more is cut.
inline constexpr size_t kMaxFoundBytes = 256;

/// What a subscription makes of an event. A value.
struct Explanation {
  bool matched = false;
  /// The first condition that does not hold, as a path into the subscription: `disabled`, `types`,
  /// `filter.all[1].equals`. Empty when it matches.
  std::string condition;
  /// What the event has there, as text; empty when it has nothing, or the condition is about more
  /// than one member.
  std::string found;
};

/// Whether the event goes where the subscription says, by the same rules as RoutingTable, and if
/// not, why. Of the tenant nothing is asked. Pure.
Explanation Explain(const model::Subscription& subscription, const model::Event& event);

}  // namespace carillon::routing
