#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "carillon/base/mutex.h"
#include "carillon/routing/routing_table.h"

namespace carillon::delivery {

/// The tables in force on all shards, so that one of them can tell whether an event for which it
/// has no destination has one elsewhere. Only figures rest on it: while a new configuration is put
/// in force, a shard may still have the table before. Thread-safe.
class AllTables {
 public:
  using Tables = std::vector<std::shared_ptr<const routing::RoutingTable>>;

  /// One for each shard, in their order.
  void Set(Tables tables) {
    auto next = std::make_shared<const Tables>(std::move(tables));
    const base::MutexLock lock(mutex_);
    tables_.swap(next);  // the one before is destroyed without the lock
  }
  /// Null before the first `Set`.
  std::shared_ptr<const Tables> Get() const {
    const base::MutexLock lock(mutex_);
    return tables_;
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const Tables> tables_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::delivery
