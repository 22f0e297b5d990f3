#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "carillon/base/mutex.h"
#include "carillon/statistics/statistics_sink.h"

namespace carillon::statistics {

/// What was handed over and is not yet counted: bytes in stripes, each with a lock, under one
/// bound. Nobody waits: a lock is held while one entry is copied, or a buffer is exchanged.
/// Thread-safe.
class EntryQueue {
 public:
  static constexpr size_t kStripes = 8;
  /// Of a name, at most: what is longer is cut.
  static constexpr size_t kMaxName = 255;

  explicit EntryQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Left out and counted when there is no room.
  void Add(uint32_t shard, const Entry& entry);
  /// What was added so far. It takes the place of what `batches` held, whose memory is used again.
  void Take(std::array<std::string, kStripes>& batches);
  /// Takes an entry from the front of a batch; its views are of the batch. False: at the end.
  static bool Next(std::string_view& batch, Entry& entry);
  /// Entries that were left out.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct alignas(64) Stripe {
    base::Mutex mutex;
    std::string bytes ABSL_GUARDED_BY(mutex);
  };

  const size_t max_bytes_;
  std::atomic<size_t> bytes_{0};  // of all stripes
  std::array<Stripe, kStripes> stripes_;
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace carillon::statistics
