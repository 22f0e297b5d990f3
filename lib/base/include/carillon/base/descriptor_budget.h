#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <vector>

#include "carillon/base/mutex.h"

namespace carillon::base {

/// Bounds how many descriptors one use of them (connections to destinations, say) may have open at
/// once in the whole process, whichever thread opens them. A place is taken before a descriptor is
/// opened and given back after it was closed. Who finds none waits in turn: a place that is given
/// back while somebody waits goes to the one who has waited longest, and nobody takes it before.
///
/// Thread-safe; costs a lock for each place, so one takes it for a connection, not for a request.
class DescriptorBudget {
 public:
  /// One who takes places and can wait for them: a delivery thread, say. Both are called on any
  /// thread, under the budget's lock: they post to their own thread, and call nothing of the
  /// budget.
  class Party {
   public:
    /// A place that it waited for is its own now.
    virtual void OnPlace() = 0;
    /// `wanted` more are waited for by others: what is open for convenience is to be closed.
    virtual void OnWanted(size_t wanted) = 0;

   protected:
    ~Party() = default;
  };

  explicit DescriptorBudget(size_t places) : places_(places) {}
  DescriptorBudget(const DescriptorBudget&) = delete;
  DescriptorBudget& operator=(const DescriptorBudget&) = delete;

  /// From then on it may wait, and is told what others want.
  void Join(Party& party);
  /// It waits no more, and nothing is called once this has returned. What it has taken, or was
  /// given by `OnPlace`, is still to be given back.
  void Leave(Party& party);

  /// Returns false when there is none, or others wait.
  bool TryTake();
  /// As `TryTake`; but where it says false, `OnPlace` follows, once for each call, and the other
  /// parties are told that a place is wanted.
  bool TakeOrWait(Party& party);
  void Give();
  /// Whether somebody waits; costs no lock. What is open for convenience is better closed then.
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

  size_t places() const { return places_; }
  size_t taken() const;
  size_t waiting() const;

 private:
  bool TakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t places_;
  mutable base::Mutex mutex_;
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Party*> waiting_ ABSL_GUARDED_BY(mutex_);  // one entry for each place
  std::atomic<bool> wanted_{false};                     // waiting_ holds some
  std::vector<Party*> parties_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::base
