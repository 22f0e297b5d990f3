#include "entries_in_force.h"

#include <utility>

namespace carillon::control {
namespace {

constexpr char kBehindAll = '\x7f';  // no name has it

}  // namespace

Entry EntriesInForce::Find(std::string_view name) const {
  const base::MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? Entry{} : found->second;
}

std::vector<Entry> EntriesInForce::List(std::string_view prefix) const {
  std::vector<Entry> list;
  const base::MutexLock lock(mutex_);
  for (auto at = entries_.lower_bound(prefix);
       at != entries_.end() && at->first.starts_with(prefix); ++at) {
    list.push_back(at->second);
  }
  return list;
}

std::vector<Entry> EntriesInForce::Last(std::string_view prefix, size_t most) const {
  std::vector<Entry> last;
  const base::MutexLock lock(mutex_);
  auto at = entries_.lower_bound(std::string(prefix) + kBehindAll);
  while (last.size() < most && at != entries_.begin()) {
    --at;
    if (!at->first.starts_with(prefix)) break;
    last.push_back(at->second);
  }
  return last;
}

size_t EntriesInForce::Count(std::string_view prefix) const {
  size_t count = 0;
  const base::MutexLock lock(mutex_);
  for (auto at = entries_.lower_bound(prefix);
       at != entries_.end() && at->first.starts_with(prefix); ++at) {
    ++count;
  }
  return count;
}

resource::SnapshotPtr EntriesInForce::snapshot() const {
  const base::MutexLock lock(mutex_);
  return snapshot_;
}

uint64_t EntriesInForce::revision() const {
  const base::MutexLock lock(mutex_);
  return revision_;
}

void EntriesInForce::Commit(std::vector<Edit> edits, resource::SnapshotPtr snapshot,
                            uint64_t revision) {
  const base::MutexLock lock(mutex_);
  for (Edit& edit : edits) {
    if (edit.message == nullptr) {
      entries_.erase(edit.name);
    } else {
      entries_[edit.name] = {edit.name, revision, std::move(edit.message)};
    }
  }
  if (snapshot != nullptr) snapshot_ = std::move(snapshot);
  revision_ = revision;
}

void EntriesInForce::Rewrite(const std::vector<std::string>& names, uint64_t revision,
                             bool is_newest) {
  const base::MutexLock lock(mutex_);
  for (const std::string& name : names) {
    const auto found = entries_.find(name);
    if (found != entries_.end()) found->second.revision = revision;
  }
  if (is_newest) revision_ = revision;
}

}  // namespace carillon::control
