#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/clock.h"

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

  Entry& Find(std::string_view key, base::MonoTime now);
  void DropExpired(base::MonoTime now);

  const size_t max_keys_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_;
  Entry shared_;
  base::MonoTime earliest_{base::MonoTime::min()};  // before this no entry can be dropped
};

}  // namespace carillon::log
