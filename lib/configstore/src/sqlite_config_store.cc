#include "carillon/configstore/sqlite_config_store.h"

#include <atomic>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "carillon/base/worker.h"
#include "config_table.h"

namespace carillon::configstore {
namespace {

using store::ConfigChange;
using store::ConfigEntry;
using store::ConfigPage;
using store::ConfigQuery;
using store::ConfigWatcher;

/// Whether what is on disk is not known after a write that ended so.
bool Unknown(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDataLoss(status) ||
         absl::IsPermissionDenied(status);
}

class SqliteConfigStore final : public store::ConfigStore {
 public:
  explicit SqliteConfigStore(ConfigTable table) : table_(std::move(table)) {}

  void Write(std::vector<ConfigChange> changes,
             absl::AnyInvocable<void(absl::StatusOr<uint64_t>)> done) override {
    Ask<uint64_t>(std::move(done), [this, changes = std::move(changes)]() mutable {
      return WriteNow(std::move(changes));
    });
  }

  void Get(std::string key, absl::AnyInvocable<void(absl::StatusOr<ConfigEntry>)> done) override {
    Ask<ConfigEntry>(std::move(done), [this, key = std::move(key)] { return table_.Get(key); });
  }

  void List(ConfigQuery query, absl::AnyInvocable<void(absl::StatusOr<ConfigPage>)> done) override {
    Ask<ConfigPage>(std::move(done),
                    [this, query = std::move(query)] { return table_.List(query); });
  }

  void Watch(ConfigWatcher& watcher) override {
    worker_.Post([this, &watcher] {
      watchers_.push_back(&watcher);
      if (auto all = table_.All(); all.ok()) {
        watcher.OnEntries(*std::move(all), table_.revision());
      } else {
        watchers_.pop_back();
        failed_ = all.status();
        watcher.OnFailed(all.status());
      }
    });
  }

  void Unwatch(ConfigWatcher& watcher) override {
    absl::Notification gone;
    const bool posted = worker_.Post([this, &watcher, &gone] {
      std::erase(watchers_, &watcher);
      gone.Notify();
    });
    if (posted) gone.WaitForNotification();
  }

 private:
  template <typename Answer>
  void Ask(absl::AnyInvocable<void(absl::StatusOr<Answer>)> done,
           absl::AnyInvocable<absl::StatusOr<Answer>()> work) {
    if (waiting_.fetch_add(1) >= kMaxWaiting) {
      waiting_.fetch_sub(1);
      return done(absl::ResourceExhaustedError("too many calls wait; try again later"));
    }
    worker_.Post([this, done = std::move(done), work = std::move(work)]() mutable {
      absl::StatusOr<Answer> answer = failed_.ok() ? work() : failed_;
      waiting_.fetch_sub(1);
      done(std::move(answer));
    });
  }

  absl::StatusOr<uint64_t> WriteNow(std::vector<ConfigChange> changes) {
    if (absl::Status status = table_.Write(changes); !status.ok()) {
      if (Unknown(status)) Fail(status);
      return status;
    }
    if (changes.empty()) return table_.revision();
    for (ConfigWatcher* watcher : watchers_) watcher->OnChanges(changes, table_.revision());
    return table_.revision();
  }

  void Fail(const absl::Status& why) {
    failed_ = absl::UnavailableError(std::string(why.message()));
    for (ConfigWatcher* watcher : watchers_) watcher->OnFailed(failed_);
  }

  // On the worker's thread.
  ConfigTable table_;
  absl::Status failed_;
  std::vector<ConfigWatcher*> watchers_;

  std::atomic<size_t> waiting_{0};
  base::Worker worker_{"config-store"};  // last: it ends first, with what was posted done
};

}  // namespace

absl::StatusOr<std::unique_ptr<store::ConfigStore>> OpenSqliteConfigStore(
    const SqliteConfigOptions& options) {
  auto table = ConfigTable::Open(options.path, options.max_bytes);
  if (!table.ok()) return table.status();
  return std::make_unique<SqliteConfigStore>(*std::move(table));
}

}  // namespace carillon::configstore
