#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "carillon/control/delivery_access.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"

namespace carillon::control {

/// What DeleteDestination with `validate_only` says beside the subscriptions: how many deliveries
/// would be given up. Thread-safe; what is given outlives it, and whatever is under way has been
/// answered before it ends.
class DeletionCounter {
 public:
  using Done = Methods::Done;

  /// `destinations`: the type of MakeDestinationType.
  DeletionCounter(const ResourceType& destinations, CountPending count)
      : destinations_(destinations), count_(std::move(count)) {}

  /// Takes the answer of the standard method for the destination of that name, fills the counts in,
  /// and gives it to `done`. One at a time; of another one at the time, `uncounted` is set.
  Done Then(std::string name, Done done);

 private:
  const ResourceType& destinations_;
  const CountPending count_;
  std::atomic<bool> busy_{false};
};

}  // namespace carillon::control
