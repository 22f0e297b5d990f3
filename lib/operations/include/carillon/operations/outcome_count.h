#pragma once

#include <cstdint>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/operations/operation_store.h"

namespace carillon::operations {

/// What came of deliveries, in a part of the delivery log.
struct OutcomeCounts {
  int64_t delivered = 0;
  int64_t dead = 0;
  uint64_t next = 0;  ///< sequence of the log from which on there is more, later
};

/// Counts the attempts by which a replay or resend ended deliveries at its destination: those that
/// were made because of an operation of its kind, from its beginning and from sequence
/// StoredOperation::counted on. Two of a kind that work at one destination at the same time count
/// each other's. `done`, once, on any thread, or never where the log is closed; UNAVAILABLE: ask
/// again later.
using CountOutcomes = std::function<void(
    const StoredOperation& stored, absl::AnyInvocable<void(absl::StatusOr<OutcomeCounts>)> done)>;

/// By the log, page by page, so that others read in between. The log outlives it. Null: there is
/// none, and nothing is counted.
CountOutcomes OutcomesIn(deliverylog::AttemptStore* log);

/// Whether outcomes are counted for it, and some may come.
bool AwaitsOutcomes(const v1::Operation& operation);

}  // namespace carillon::operations
