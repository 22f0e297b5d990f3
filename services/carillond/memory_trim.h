#pragma once

#include <cstddef>

namespace carillon::server {

/// Gives memory that is free back to the system after a burst: the C library keeps what it was
/// given in most cases. One thread.
class MemoryTrim {
 public:
  /// To be called about once a second. Trims when the resident memory lies well above the least
  /// that it was, at most every ten seconds, and more seldom when it brings little.
  void Look();

 private:
  size_t resident_ = 0;  ///< that is needed, as far as is known; 0: not yet
  int wait_ = 0;         ///< looks until the next trim may be
  int pause_ = 10;
};

}  // namespace carillon::server
