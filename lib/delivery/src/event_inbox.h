#pragma once

#include <cstdint>
#include <deque>

#include "carillon/base/mutex.h"
#include "carillon/store/event_log.h"

namespace carillon::delivery {

/// Where the journal's thread leaves committed batches for the dispatcher. Bounded in bytes: over
/// the bound batches are dropped, and the dispatcher, which sees that they are missing, reads them
/// from the journal. Thread-safe.
class Inbox {
 public:
  /// `committed`: highest position committed so far.
  Inbox(size_t max_bytes, uint64_t committed) : max_bytes_(max_bytes), committed_(committed) {}

  /// Events up to `last` are committed and come no more. True: the dispatcher must be woken.
  bool Join(uint64_t last);
  /// True: it was empty, so the dispatcher must be woken.
  bool Put(const store::EventBatchPtr& batch);

  /// The batch that covers position `next`, if it is here; older ones are dropped. Null: it was
  /// dropped, or is not there yet.
  store::EventBatchPtr Take(uint64_t next);

  uint64_t committed() const {
    const base::MutexLock lock(mutex_);
    return committed_;
  }

 private:
  struct Entry {
    store::EventBatchPtr batch;
    size_t bytes = 0;
  };

  const size_t max_bytes_;
  mutable base::Mutex mutex_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t committed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::delivery
