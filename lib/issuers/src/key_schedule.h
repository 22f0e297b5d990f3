#pragma once

#include <chrono>

#include "carillon/base/clock.h"

namespace carillon::issuers {

/// When one key set is fetched: at once, every kInterval, after failures with backoff, and when
/// somebody wants it, but never twice within kLeastInterval. Decides; does nothing.
class KeySchedule {
 public:
  static constexpr std::chrono::seconds kInterval{300};
  static constexpr std::chrono::seconds kLeastInterval{10};
  /// After the first failure; doubled with each that follows, up to kInterval.
  static constexpr std::chrono::seconds kFirstRetry{10};

  explicit KeySchedule(base::MonoTime now) : due_(now) {}

  /// When the next fetch is to begin; `max()` while one is under way.
  base::MonoTime due() const { return running_ ? base::MonoTime::max() : due_; }
  /// A fetch begins.
  void Begin(base::MonoTime now);
  /// It ended, with a set or without.
  void End(bool ok, base::MonoTime now);
  /// Somebody has a token of a key that the set does not have. What is under way serves them.
  void Want(base::MonoTime now);

 private:
  base::MonoTime due_;
  base::MonoTime begun_ = base::MonoTime::min();
  bool running_ = false;
  int failures_ = 0;  ///< in a row
};

}  // namespace carillon::issuers
