#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::log {

/// One line per key and interval; at most `max_keys` keys, the rest share one allowance. A Logger
/// has one of its own (see Logger::Limited); whoever may bring many keys makes another, so that the
/// others' lines are not lost among them. Thread-safe.
class Limiter {
 public:
  explicit Limiter(size_t max_keys) : max_keys_(max_keys) {}

  /// How many lines were suppressed since the last one, when this one may be written.
  std::optional<uint64_t> Allow(std::string_view key, base::MonoTime now,
                                std::chrono::nanoseconds interval);

 private:
  struct Entry {
    base::MonoTime next{base::MonoTime::min()};
    uint64_t suppressed = 0;
  };

  Entry& Find(std::string_view key, base::MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropExpired(base::MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_keys_;
  base::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  Entry shared_ ABSL_GUARDED_BY(mutex_);
  /// Before this no entry can be dropped.
  base::MonoTime earliest_ ABSL_GUARDED_BY(mutex_){base::MonoTime::min()};
};

}  // namespace carillon::log
