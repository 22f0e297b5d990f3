#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/base/worker.h"
#include "carillon/control/call_trail.h"
#include "carillon/control/view.h"
#include "carillon/store/config_store.h"
#include "carillon/v1/audit_service.pb.h"

namespace carillon::control {

/// Who changed what through the API, in the configuration store: an entry is written in the
/// transaction of its change, or, where that is none of the store's, before it is answered. Secrets
/// are blanked. Bounded by age and bytes: with each entry the oldest that are over a bound go, and
/// what is too old is not shown. Thread-safe; the store and the clock outlive it.
class AuditLog {
 public:
  static constexpr std::string_view kPrefix = "audit/";  ///< of the keys of its entries
  static constexpr size_t kMaxChanges = 1000;            ///< that one entry lists
  static constexpr size_t kMaxEntryBytes = 256u << 10;
  static constexpr size_t kMaxTenants = 100;    ///< that one call has entries in
  static constexpr int kRefusedPerSecond = 10;  ///< entries of one principal, or of none
  static constexpr size_t kMaxRefused = 1000;   ///< principals that are counted at once
  static constexpr int kMaxWaiting = 100;  ///< entries of refused calls that were not written yet
  static constexpr size_t kRemovedAtOnce = 16;

  struct Limits {
    std::chrono::nanoseconds age = std::chrono::days(365);
    uint64_t bytes = 64u << 20;
  };

  /// A resource before and after; null: there was, or is, none.
  struct Changed {
    std::string name;
    MessagePtr before;
    MessagePtr after;
  };

  /// Looks at what there is; blocks.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(store::ConfigStore& store,
                                                        const base::Clock& clock,
                                                        const Limits& limits);

  /// What is to be written with the changes: an entry for each tenant that they are of, several
  /// where they are more than one lists, and without a value what goes for them. Of more than
  /// kMaxTenants those are of no tenant.
  std::vector<store::ConfigChange> EntriesOf(const CallTrail& trail,
                                             const std::vector<Changed>& changes);
  /// Writes down that the call was done, where it changed nothing of the store; `done`, once, when
  /// that is durable, or could not be.
  void Record(const CallTrail& trail, absl::AnyInvocable<void(absl::Status)> done);
  /// Writes down that the call was refused, unless too many of its principal were in this second.
  void Refused(const CallTrail& trail, const absl::Status& why);

  /// Entries as they were found, a part of the log.
  struct Part {
    std::vector<v1::AuditEntry> entries;
    std::string last;   ///< where to go on
    bool more = false;  ///< there are others behind it
  };
  /// Blocks. `after`: `last` of the part before; empty: from the newest, or the oldest, on.
  absl::StatusOr<Part> Read(const std::string& after, bool newest_first, size_t limit) const;
  /// Blocks. NOT_FOUND: there is none of that id.
  absl::StatusOr<v1::AuditEntry> Get(const std::string& id) const;

  /// Runs what was posted, then writes and reads no more.
  void Stop() { worker_.Stop(); }

  /// Of all entries, about.
  uint64_t bytes() const;
  /// Refused calls that have no entry.
  uint64_t refused_without() const;

 private:
  /// An entry in the store, by what is known without its value.
  struct Kept {
    std::string key;
    uint64_t begin = 0;  ///< bytes of all entries that were ever written before it
  };

  AuditLog(store::ConfigStore& store, const base::Clock& clock, const Limits& limits)
      : store_(store), clock_(clock), limits_(limits) {}

  /// Looks at what there is; blocks.
  absl::Status Begin();
  /// The id of an entry that is written now: they ascend.
  std::string NextId() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<store::ConfigChange> Add(v1::AuditEntry entry, const std::string& tenant);
  void Prune(base::WallTime now, std::vector<store::ConfigChange>& changes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayRefuse(const std::string& principal) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Write(std::vector<store::ConfigChange> changes);
  /// Finds out which are the oldest; on the log's thread.
  void Refill();
  bool IsTooOld(std::string_view key, base::WallTime now) const;

  store::ConfigStore& store_;
  const base::Clock& clock_;
  const Limits limits_;
  mutable base::Mutex mutex_;
  int64_t last_micros_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t end_ ABSL_GUARDED_BY(mutex_) = 0;  ///< bytes of all entries that were ever written
  std::deque<Kept> oldest_ ABSL_GUARDED_BY(mutex_);
  bool refilling_ ABSL_GUARDED_BY(mutex_) = false;
  struct Window {
    int64_t second = 0;
    int count = 0;
  };
  absl::flat_hash_map<std::string, Window> refused_ ABSL_GUARDED_BY(mutex_);
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t without_ ABSL_GUARDED_BY(mutex_) = 0;
  base::Worker worker_{"audit"};  // last: what it runs uses the others
};

}  // namespace carillon::control
