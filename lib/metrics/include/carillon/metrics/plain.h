#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

namespace carillon::metrics {

/// A counter that one thread adds to and any thread reads: no locked instruction, no order.
class PlainCounter {
 public:
  void Add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// A histogram of durations that one thread observes and any thread reads. A reader may see an
/// observation in its bucket and not yet in the sum.
class PlainHistogram {
 public:
  static constexpr size_t kMaxBounds = 28;
  using Bounds = std::span<const std::chrono::nanoseconds>;

  /// `bounds`: ascending, at most kMaxBounds, inclusive; they outlive the histogram.
  explicit PlainHistogram(Bounds bounds) : bounds_(bounds) {}

  /// Less than nothing (the time of day was set back) counts as nothing.
  void Observe(std::chrono::nanoseconds took) {
    took = std::max(took, std::chrono::nanoseconds(0));
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), took);
    counts_[static_cast<size_t>(bucket - bounds_.begin())].Add();
    sum_ns_.Add(static_cast<uint64_t>(took.count()));
  }

  Bounds bounds() const { return bounds_; }
  /// Observations above the bound before `bucket` and up to its own; the last has none.
  uint64_t count(size_t bucket) const { return counts_[bucket].Get(); }
  /// All observations.
  uint64_t count() const {
    uint64_t all = 0;
    for (size_t i = 0; i <= bounds_.size(); ++i) all += count(i);
    return all;
  }
  uint64_t sum_ns() const { return sum_ns_.Get(); }

 private:
  const Bounds bounds_;
  std::array<PlainCounter, kMaxBounds + 1> counts_;
  PlainCounter sum_ns_;
};

}  // namespace carillon::metrics
