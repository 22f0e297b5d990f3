#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/mutex.h"
#include "carillon/control/change.h"
#include "carillon/control/view.h"
#include "carillon/resource/snapshot.h"

namespace carillon::control {

/// The resources of a store that are in force, by name, with the snapshot of them that is delivered
/// by and the revision of the newest change. Each method sees, or makes, one moment. Any thread.
class EntriesInForce {
 public:
  using Entries = std::map<std::string, Entry, std::less<>>;

  EntriesInForce(Entries entries, resource::SnapshotPtr snapshot, uint64_t revision)
      : entries_(std::move(entries)), snapshot_(std::move(snapshot)), revision_(revision) {}

  // As those of View.
  Entry Find(std::string_view name) const;
  std::vector<Entry> List(std::string_view prefix) const;
  std::vector<Entry> Last(std::string_view prefix, size_t most) const;
  size_t Count(std::string_view prefix) const;

  resource::SnapshotPtr snapshot() const;
  uint64_t revision() const;

  /// The change is in force from now on. `snapshot` may be null: it is the same as before.
  void Commit(std::vector<Edit> edits, resource::SnapshotPtr snapshot, uint64_t revision);
  /// Those of these names that there are were written as they are, at that revision; `is_newest`:
  /// by a change that is in force, not by one that takes another back.
  void Rewrite(const std::vector<std::string>& names, uint64_t revision, bool is_newest);

 private:
  mutable base::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  resource::SnapshotPtr snapshot_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::control
