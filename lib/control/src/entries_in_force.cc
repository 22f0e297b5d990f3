#include "entries_in_force.h"

#include <utility>

namespace carillon::control {

Entry EntriesInForce::Find(std::string_view name) const {
  return Locked([&](const PackedEntries& entries) { return entries.Find(name); }).Unpack();
}

std::vector<Entry> EntriesInForce::List(std::string_view prefix) const {
  return Unpack(Locked([&](const PackedEntries& entries) { return entries.List(prefix); }));
}

std::vector<Entry> EntriesInForce::ListOf(const google::protobuf::Message& prototype,
                                          std::string_view prefix) const {
  return Unpack(
      Locked([&](const PackedEntries& entries) { return entries.ListOf(prototype, prefix); }));
}

std::vector<Entry> EntriesInForce::ListExpiring(std::string_view prefix) const {
  return Unpack(Locked([&](const PackedEntries& entries) { return entries.ListExpiring(prefix); }));
}

std::vector<Entry> EntriesInForce::Last(std::string_view prefix, size_t most) const {
  return Unpack(Locked([&](const PackedEntries& entries) { return entries.Last(prefix, most); }));
}

size_t EntriesInForce::Count(std::string_view prefix) const {
  return Locked([&](const PackedEntries& entries) { return entries.Count(prefix); });
}

resource::SnapshotPtr EntriesInForce::snapshot() const {
  const base::MutexLock lock(mutex_);
  return snapshot_;
}

uint64_t EntriesInForce::revision() const {
  const base::MutexLock lock(mutex_);
  return revision_;
}

void EntriesInForce::Commit(const std::vector<Edit>& edits, resource::SnapshotPtr snapshot,
                            uint64_t revision) {
  std::vector<PackedEntries::PackedPtr> packed;
  packed.reserve(edits.size());
  for (const Edit& edit : edits) {
    packed.push_back(edit.message == nullptr ? nullptr : PackedEntries::Pack(*edit.message));
  }
  const base::MutexLock lock(mutex_);
  for (size_t i = 0; i < edits.size(); ++i) {
    entries_.Put(edits[i].name, revision, std::move(packed[i]));
  }
  if (snapshot != nullptr) snapshot_ = std::move(snapshot);
  revision_ = revision;
}

void EntriesInForce::Rewrite(const std::vector<std::string>& names, uint64_t revision,
                             bool is_newest) {
  const base::MutexLock lock(mutex_);
  for (const std::string& name : names) {
    entries_.SetRevision(name, revision);
  }
  if (is_newest) revision_ = revision;
}

}  // namespace carillon::control
