#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "tail.h"

namespace carillon::deliverylog {

/// A segment: a file, and what is known of it. A value.
struct SegmentEntry {
  std::string path;
  uint64_t first = 0;                             ///< sequence of its first row
  uint64_t rows = 0;                              ///< of one with a tail, ask that
  base::WallTime oldest = base::WallTime::max();  ///< starts of attempts in it
  base::WallTime newest = base::WallTime::min();
  uint64_t bytes = 0;
  std::shared_ptr<const Tail> tail;  ///< of the one that is written to; else null

  uint64_t end() const { return first + (tail ? tail->size() : rows); }
};

/// The segments there are, the oldest first. One thread changes it; thread-safe.
class SegmentCatalog {
 public:
  std::vector<SegmentEntry> All() const;
  /// Adds it, or takes the place of the one with the same `first`.
  void Put(SegmentEntry entry);
  /// Removes it from the list and its files from the disk, for good: space is free as soon as
  /// nobody reads them any more. Returns the bytes that it had.
  uint64_t Remove(uint64_t first);
  /// Sets its file aside under another name.
  void SetAside(uint64_t first);
  /// Runs `open` while the segment cannot be removed; false: it is gone.
  bool WhileThere(uint64_t first, const std::function<void()>& open) const;

 private:
  std::optional<SegmentEntry> TakeOut(uint64_t first) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  std::vector<SegmentEntry> segments_ ABSL_GUARDED_BY(mutex_);
};

/// Bytes that the file and its write-ahead file take on the disk.
uint64_t FileBytes(const std::string& path);
/// Removes the file of a segment and those that SQLite keeps beside it.
void RemoveFiles(const std::string& path);
/// Renames them: `.bad` behind the name.
void RenameBad(const std::string& path);

}  // namespace carillon::deliverylog
