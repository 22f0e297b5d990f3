#pragma once

#include "carillon/base/clock.h"

namespace carillon::journal {

/// An expensive scan is not done again before twenty times its own duration has gone by. Pure:
/// `now` is an argument.
class ScanPace {
 public:
  bool Due(base::MonoTime now) const { return now >= next_; }
  /// It began at `start` and is over.
  void Took(base::MonoTime start, base::MonoTime now) { next_ = now + 20 * (now - start); }

 private:
  base::MonoTime next_{};
};

}  // namespace carillon::journal
