#include "segment_catalog.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace carillon::deliverylog {
namespace {

constexpr const char* kSuffixes[] = {"", "-wal", "-shm", "-journal"};

}  // namespace

uint64_t FileBytes(const std::string& path) {
  uint64_t bytes = 0;
  for (const char* suffix : kSuffixes) {
    struct stat info{};
    if (stat((path + suffix).c_str(), &info) == 0) {
      bytes += static_cast<uint64_t>(info.st_blocks) * 512;
    }
  }
  return bytes;
}

void RemoveFiles(const std::string& path) {
  for (const char* suffix : kSuffixes) unlink((path + suffix).c_str());
}

void RenameBad(const std::string& path) {
  std::rename(path.c_str(), (path + ".bad").c_str());
  RemoveFiles(path);
}

std::vector<SegmentEntry> SegmentCatalog::All() const {
  const base::MutexLock lock(mutex_);
  return segments_;
}

void SegmentCatalog::Put(SegmentEntry entry) {
  const base::MutexLock lock(mutex_);
  const auto at =
      std::lower_bound(segments_.begin(), segments_.end(), entry.first,
                       [](const SegmentEntry& each, uint64_t first) { return each.first < first; });
  if (at != segments_.end() && at->first == entry.first) {
    *at = std::move(entry);
  } else {
    segments_.insert(at, std::move(entry));
  }
}

std::optional<SegmentEntry> SegmentCatalog::TakeOut(uint64_t first) {
  const auto at = std::find_if(segments_.begin(), segments_.end(),
                               [first](const SegmentEntry& each) { return each.first == first; });
  if (at == segments_.end()) return std::nullopt;
  SegmentEntry taken = std::move(*at);
  segments_.erase(at);
  return taken;
}

uint64_t SegmentCatalog::Remove(uint64_t first) {
  const base::MutexLock lock(mutex_);
  const std::optional<SegmentEntry> gone = TakeOut(first);
  if (!gone) return 0;
  const uint64_t bytes = FileBytes(gone->path);
  RemoveFiles(gone->path);
  return bytes;
}

void SegmentCatalog::SetAside(uint64_t first) {
  const base::MutexLock lock(mutex_);
  const std::optional<SegmentEntry> gone = TakeOut(first);
  if (gone) RenameBad(gone->path);
}

bool SegmentCatalog::WhileThere(uint64_t first, const std::function<void()>& open) const {
  const base::MutexLock lock(mutex_);
  const bool there = std::any_of(segments_.begin(), segments_.end(),
                                 [first](const SegmentEntry& each) { return each.first == first; });
  if (there) open();
  return there;
}

}  // namespace carillon::deliverylog
