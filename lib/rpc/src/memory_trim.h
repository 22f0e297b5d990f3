#pragma once

#include <cstddef>

namespace carillon::rpc {

/// Gives memory that is free back to the system after a burst: the C library keeps what it was
/// given in most cases. One thread.
class MemoryTrim {
 public:
  /// Bounds, for the whole process, what the C library keeps at the end of each of its arenas:
  /// 2 MiB, and a block from 4 MiB on is a mapping of its own. By itself it keeps up to 64 MiB
  /// once a large block was freed, and `malloc_trim` leaves the ends of all arenas but the main one
  /// alone (glibc 2.36, malloc.c: `free`, `heap_trim`, `mtrim`).
  MemoryTrim();

  /// To be called about once a second; `in_use`: what publishers take now. Trims at the second
  /// call, since a start leaves much that is free (the text of the configuration, what recovery
  /// read); and when the resident memory lies well above the least that it was: soon after `in_use`
  /// fell, else at most every ten seconds, and more seldom when it brings little.
  void Look(size_t in_use);

 private:
  size_t resident_;  ///< the least
  int start_ = 2;    ///< looks until the trim after the start; 0: it is done
  size_t most_in_use_ = 0;
  bool burst_ended_ = false;
  int wait_ = 0;  ///< looks until the next trim may be
  int pause_ = 10;
};

}  // namespace carillon::rpc
