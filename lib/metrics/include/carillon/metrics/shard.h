#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "carillon/metrics/labels.h"
#include "carillon/metrics/plain.h"
#include "carillon/model/outcome.h"

namespace carillon::metrics {

/// Event types that have series of their own; the others share a place, the one behind these.
inline constexpr size_t kTypePlaces = 100;

/// What one shard counts of all its destinations together. Written by its thread, read by scrapes:
/// nothing locked, nothing looked up, nothing allocated.
struct ShardMetrics {
  static constexpr int64_t kNothingDue = INT64_MAX;

  ShardMetrics();

  /// Attempts, all destinations together, by outcome.
  std::array<PlainHistogram, model::kOutcomeCount> attempts;
  /// From acceptance to the end of the attempt that delivered; first attempts and retries alike.
  PlainHistogram delivered;
  PlainHistogram first_attempt;  ///< from acceptance to the start of the first attempt
  std::array<PlainHistogram, kAttemptPhaseCount> phases;
  /// By the place of the event's type, see Metrics::PlaceOfType.
  std::array<PlainCounter, kTypePlaces + 1> created;   ///< deliveries
  std::array<PlainCounter, kTypePlaces + 1> unrouted;  ///< events that nobody wants
  std::array<std::atomic<int64_t>, kConnectionStateCount> connections{};
  /// When the retry that is to go next should go, or should have gone (MonoTime, ns).
  std::atomic<int64_t> retry_due_ns{kNothingDue};
};

}  // namespace carillon::metrics
