#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

#include "carillon/base/clock.h"

namespace carillon::policy {

/// How many of the attempts of the last while failed, counted in tenths of that while: the oldest
/// tenth leaves whole. Of fixed size, most of which is made by the first attempt: of many
/// destinations most are idle. Times never go back.
class FailureWindow {
 public:
  /// An attempt ended. Another `window` than before begins anew.
  void Count(std::chrono::milliseconds window, bool failed, base::MonoTime now);
  void Clear();

  /// As of the last `Count`.
  uint32_t attempts() const { return attempts_; }
  uint32_t failures() const { return failures_; }

 private:
  static constexpr int64_t kBuckets = 10;
  struct Bucket {
    uint32_t attempts = 0;
    uint32_t failures = 0;
  };
  Bucket& Of(int64_t slot) { return (*buckets_)[static_cast<size_t>(slot % kBuckets)]; }
  void MoveTo(int64_t slot);

  std::unique_ptr<std::array<Bucket, kBuckets>> buckets_;  // null before the first attempt
  std::chrono::nanoseconds width_{0};
  int64_t slot_ = 0;  // of the last Count, since the clock's epoch
  uint32_t attempts_ = 0;
  uint32_t failures_ = 0;
};

}  // namespace carillon::policy
