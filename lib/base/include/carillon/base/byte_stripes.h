#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "carillon/base/mutex.h"

namespace carillon::base {

/// What many threads hand over to one: bytes in stripes, each with a lock, under one bound. Nobody
/// waits: a lock is held while one piece is written, or a buffer is exchanged. A stripe takes its
/// part of the bound in steps, so that threads with different ones seldom touch the same memory.
/// Thread-safe.
class ByteStripes {
 public:
  static constexpr size_t kStripes = 8;
  using Batches = std::array<std::string, kStripes>;

  /// At most `max_bytes` together.
  explicit ByteStripes(size_t max_bytes)
      : max_bytes_(max_bytes), step_(std::min<size_t>(max_bytes / 64, 64 << 10)) {}

  /// Has `put` append a piece of at most `bytes` to the buffer it is given, which is that of
  /// `shard`. False, and counted: there is no room for it.
  template <typename Put>
  bool Add(uint32_t shard, size_t bytes, Put put) {
    Stripe& stripe = stripes_[shard % kStripes];
    const MutexLock lock(stripe.mutex);
    if (!HasRoom(stripe, bytes)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    put(stripe.bytes);
    return true;
  }

  /// What was added so far, in the order of each shard, within the bound together. It takes the
  /// place of what `batches` held, whose memory is used again.
  void Take(Batches& batches) {
    size_t room = 0;
    for (size_t i = 0; i < kStripes; ++i) {
      batches[i].clear();
      const MutexLock lock(stripes_[i].mutex);
      batches[i].swap(stripes_[i].bytes);
      room += std::exchange(stripes_[i].room, 0);
    }
    // Only now, or a stripe that is yet to come could grow by what is in a batch already.
    taken_.fetch_sub(room, std::memory_order_relaxed);
  }

  /// Pieces for which there was no room.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct alignas(64) Stripe {
    Mutex mutex;
    std::string bytes ABSL_GUARDED_BY(mutex);
    size_t room ABSL_GUARDED_BY(mutex) = 0;  // its part of the bound
  };

  bool HasRoom(Stripe& stripe, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(stripe.mutex) {
    const size_t wanted = stripe.bytes.size() + bytes;
    if (wanted <= stripe.room) return true;
    // What is left of the bound may be less than a step, and do for this piece all the same.
    for (const size_t more : {std::max(wanted - stripe.room, step_), wanted - stripe.room}) {
      if (taken_.fetch_add(more, std::memory_order_relaxed) + more <= max_bytes_) {
        stripe.room += more;
        return true;
      }
      taken_.fetch_sub(more, std::memory_order_relaxed);
    }
    return false;
  }

  const size_t max_bytes_;
  const size_t step_;
  std::array<Stripe, kStripes> stripes_;
  alignas(64) std::atomic<size_t> taken_{0};  // of the bound, by all stripes
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace carillon::base
