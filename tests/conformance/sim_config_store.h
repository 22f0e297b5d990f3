#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "carillon/store/config_store.h"

namespace carillon::store {

/// What a simulated configuration store has on disk; it outlives the lives of the process.
struct SimConfigDisk {
  std::map<std::string, ConfigEntry> entries;
  uint64_t revision = 0;
};

/// A configuration store in memory, that does one thing at each `Step`. One thread.
class SimConfigStore final : public ConfigStore {
 public:
  SimConfigStore(SimConfigDisk& disk, size_t max_bytes) : disk_(disk), max_bytes_(max_bytes) {}
  /// As a store that is stopped in order.
  ~SimConfigStore() override {
    while (Step()) {
    }
  }

  /// Does what was asked longest ago. False: nothing was.
  bool Step() {
    if (tasks_.empty()) return false;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }

  void Write(std::vector<ConfigChange> changes,
             absl::AnyInvocable<void(absl::StatusOr<uint64_t>)> done) override {
    if (tasks_.size() >= kMaxWaiting) return done(absl::ResourceExhaustedError("too many wait"));
    tasks_.push_back([this, changes = std::move(changes), done = std::move(done)]() mutable {
      done(WriteNow(std::move(changes)));
    });
  }
  void Get(std::string key, absl::AnyInvocable<void(absl::StatusOr<ConfigEntry>)> done) override {
    if (tasks_.size() >= kMaxWaiting) return done(absl::ResourceExhaustedError("too many wait"));
    tasks_.push_back([this, key = std::move(key), done = std::move(done)]() mutable {
      const auto found = disk_.entries.find(key);
      if (found == disk_.entries.end()) return done(absl::NotFoundError(key));
      done(found->second);
    });
  }
  void List(ConfigQuery query, absl::AnyInvocable<void(absl::StatusOr<ConfigPage>)> done) override {
    if (tasks_.size() >= kMaxWaiting) return done(absl::ResourceExhaustedError("too many wait"));
    tasks_.push_back([this, query = std::move(query), done = std::move(done)]() mutable {
      done(ListNow(query));
    });
  }
  void Watch(ConfigWatcher& watcher) override {
    tasks_.push_back([this, &watcher] {
      watchers_.push_back(&watcher);
      watcher.OnEntries(disk_.entries, disk_.revision);
    });
  }
  void Unwatch(ConfigWatcher& watcher) override {
    while (Step()) {
    }
    std::erase(watchers_, &watcher);
  }

 private:
  absl::StatusOr<uint64_t> WriteNow(std::vector<ConfigChange> changes) {
    if (absl::Status status = Check(changes); !status.ok()) return status;
    std::map<std::string, ConfigEntry> next = disk_.entries;
    std::vector<ConfigChange> made;
    for (ConfigChange& change : changes) {
      const auto found = next.find(change.key);
      const uint64_t revision = found == next.end() ? 0 : found->second.revision;
      if (change.expected && *change.expected != revision) return absl::AbortedError(change.key);
      if (!change.value && revision == 0) continue;
      if (change.value) {
        next[change.key] = {change.key, *change.value, disk_.revision + 1};
      } else {
        next.erase(found);
      }
      made.push_back(std::move(change));
    }
    if (BytesOf(next) > max_bytes_ && BytesOf(next) > BytesOf(disk_.entries)) {
      return absl::ResourceExhaustedError("too much");
    }
    if (made.empty()) return disk_.revision;
    disk_.entries = std::move(next);
    ++disk_.revision;
    for (ConfigWatcher* watcher : watchers_) watcher->OnChanges(made, disk_.revision);
    return disk_.revision;
  }
  static absl::Status Check(const std::vector<ConfigChange>& changes) {
    std::set<std::string> keys;
    bool good = changes.size() <= kMaxChanges;
    for (const ConfigChange& change : changes) {
      good = good && !change.key.empty() && change.key.size() <= kMaxKeyBytes &&
             (!change.value || change.value->size() <= kMaxValueBytes) &&
             keys.insert(change.key).second;
    }
    return good ? absl::OkStatus() : absl::InvalidArgumentError("a change is not as it must be");
  }
  absl::StatusOr<ConfigPage> ListNow(const ConfigQuery& query) const {
    if (query.limit < 1 || query.limit > ConfigQuery::kMaxPage) {
      return absl::InvalidArgumentError("limit");
    }
    ConfigPage page{.entries = {}, .more = false, .revision = disk_.revision};
    const auto take = [&](const ConfigEntry& entry) {
      if (!entry.key.starts_with(query.prefix)) return true;
      const bool passed = query.backwards ? !query.after.empty() && entry.key >= query.after
                                          : entry.key <= query.after;
      if (passed) return true;
      page.more = page.entries.size() == query.limit;
      if (!page.more) page.entries.push_back(entry);
      return !page.more;
    };
    if (query.backwards) {
      for (auto at = disk_.entries.rbegin(); at != disk_.entries.rend() && take(at->second); ++at) {
      }
    } else {
      for (auto at = disk_.entries.begin(); at != disk_.entries.end() && take(at->second); ++at) {
      }
    }
    return page;
  }
  static size_t BytesOf(const std::map<std::string, ConfigEntry>& entries) {
    size_t bytes = 0;
    for (const auto& [key, entry] : entries) bytes += key.size() + entry.value.size();
    return bytes;
  }

  SimConfigDisk& disk_;
  const size_t max_bytes_;
  std::deque<absl::AnyInvocable<void()>> tasks_;
  std::vector<ConfigWatcher*> watchers_;
};

}  // namespace carillon::store
