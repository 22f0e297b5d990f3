#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/deliverylog/attempt_store.h"

namespace carillon::control {

/// How many deliveries a filter finds.
struct DeliveryCount {
  static constexpr int64_t kMost = 10'000;
  static constexpr size_t kMaxSample = 100;

  int64_t count = 0;  ///< at most kMost
  bool more = false;  ///< there are more, or the log was not looked at to its end
  std::vector<std::string> sample;
  base::WallTime scanned_to{};  ///< as deliverylog::Page has it
};

/// Counts, and names some; looks at 50 pages of the log at most. `done`, once, as that of
/// AttemptStore::Find, with an error of carillon/aip/error.h. The log outlives it.
void CountDeliveries(deliverylog::Query query, deliverylog::AttemptStore& log,
                     absl::AnyInvocable<void(absl::StatusOr<DeliveryCount>)> done);

}  // namespace carillon::control
