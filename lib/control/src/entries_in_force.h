#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/base/mutex.h"
#include "carillon/control/change.h"
#include "carillon/control/view.h"
#include "carillon/resource/snapshot.h"
#include "packed_entries.h"

namespace carillon::control {

/// The resources of a store that are in force, by name, with the snapshot of them that is delivered
/// by and the revision of the newest change. Each method sees, or makes, one moment. Any thread.
class EntriesInForce {
 public:
  EntriesInForce(PackedEntries entries, resource::SnapshotPtr snapshot, uint64_t revision)
      : entries_(std::move(entries)), snapshot_(std::move(snapshot)), revision_(revision) {}

  // As those of View.
  Entry Find(std::string_view name) const;
  std::vector<Entry> List(std::string_view prefix) const;
  std::vector<Entry> Last(std::string_view prefix, size_t most) const;
  /// As List, of those of one kind.
  std::vector<Entry> ListOf(const google::protobuf::Message& prototype,
                            std::string_view prefix) const;
  /// As List, of those that have an `expire_time`.
  std::vector<Entry> ListExpiring(std::string_view prefix) const;
  size_t Count(std::string_view prefix) const;

  resource::SnapshotPtr snapshot() const;
  uint64_t revision() const;

  /// The change is in force from now on. `snapshot` may be null: it is the same as before.
  void Commit(const std::vector<Edit>& edits, resource::SnapshotPtr snapshot, uint64_t revision);
  /// Those of these names that there are were written as they are, at that revision; `is_newest`:
  /// by a change that is in force, not by one that takes another back.
  void Rewrite(const std::vector<std::string>& names, uint64_t revision, bool is_newest);

 private:
  /// What `look` finds in the entries; it is unpacked without the lock.
  template <typename Look>
  auto Locked(Look look) const {
    const base::MutexLock lock(mutex_);
    return look(entries_);
  }

  mutable base::Mutex mutex_;
  PackedEntries entries_ ABSL_GUARDED_BY(mutex_);
  resource::SnapshotPtr snapshot_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::control
