#pragma once

#include <cstddef>

namespace carillon::server {

/// Gives memory that is free back to the system after a burst: the C library keeps what it was
/// given in most cases. One thread.
class MemoryTrim {
 public:
  MemoryTrim();

  /// To be called about once a second; `in_use`: what publishers take now. Trims when the resident
  /// memory lies well above the least that it was: soon after `in_use` fell, else at most every ten
  /// seconds, and more seldom when it brings little.
  void Look(size_t in_use);

 private:
  size_t resident_;  ///< the least
  size_t most_in_use_ = 0;
  bool burst_ended_ = false;
  int wait_ = 0;  ///< looks until the next trim may be
  int pause_ = 10;
};

}  // namespace carillon::server
