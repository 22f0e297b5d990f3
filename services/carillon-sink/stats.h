#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace carillon::sink {

/// Whether a request's signature was good. kUnchecked: no secret was given to check with.
enum class Verdict : uint8_t { kUnchecked, kVerified, kFailed };

/// What one target saw.
struct TargetStats {
  uint64_t requests = 0;
  uint64_t distinct = 0;    ///< webhook-ids seen for the first time at this target
  uint64_t duplicates = 0;  ///< requests answered 2xx whose webhook-id was answered 2xx before
  uint64_t verified = 0;
  uint64_t failed = 0;
  uint64_t in_flight = 0;
  uint64_t max_concurrent = 0;
};

/// Everything the sink counts. At most `max_ids` (target, webhook-id) pairs are remembered, as
/// 64-bit hashes, and 10,000 targets told apart (the others add up under `_other`).
class Stats {
 public:
  explicit Stats(uint64_t max_ids) : max_ids_(max_ids) {}

  /// The name under which requests of `target` are counted: itself, or `_other` past the bound.
  std::string_view KeyFor(std::string_view target) const;

  /// Counts a request as it comes in. Returns which request of this (target, id) it is, from 1;
  /// always 1 without an id or past the bound. `key` from `KeyFor`.
  int Begin(std::string_view key, std::string_view id, Verdict verdict);
  /// Counts that it got `status`.
  void Answered(std::string_view key, std::string_view id, int status);
  /// The request begun under `generation` is over, answered or not.
  void End(std::string_view key, uint64_t generation);

  void Connected() { ++connections_, ++open_; }
  void Disconnected() { --open_; }
  void CountBad() { ++bad_; }

  void Reset();
  uint64_t generation() const { return generation_; }
  uint64_t open_connections() const { return open_; }
  std::string ToJson() const;

 private:
  struct Seen {
    uint8_t requests = 0;
    bool answered = false;
  };

  uint64_t max_ids_;
  uint64_t generation_ = 0;
  uint64_t connections_ = 0;
  uint64_t open_ = 0;
  uint64_t bad_ = 0;
  uint64_t untracked_ = 0;
  uint64_t in_flight_ = 0;
  uint64_t max_concurrent_ = 0;
  absl::flat_hash_map<uint64_t, Seen> seen_;
  std::map<std::string, TargetStats, std::less<>> targets_;
};

}  // namespace carillon::sink
