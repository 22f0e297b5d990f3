#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "carillon/base/clock.h"

namespace carillon::http {

class IdlePool;

/// What a connection is to an IdlePool: whether it is idle, since when, and how long it usually is.
/// Leaves the pool when it goes.
class IdleSlot {
 public:
  using Time = base::MonoTime::duration;
  /// A gap that nobody knows: it was never used twice.
  static constexpr Time kUnknown{-1};

  IdleSlot() = default;
  IdleSlot(const IdleSlot&) = delete;
  IdleSlot& operator=(const IdleSlot&) = delete;
  ~IdleSlot() { Leave(); }

  /// Nothing happens where it is in no pool.
  void Leave();
  bool idle() const { return pool_ != nullptr; }
  /// What is expected of it before its first use after a pause, and the mean of that and of the
  /// pauses seen since, later ones weighing more.
  void Expect(Time gap) { gap_ = gap; }
  /// It is used again at `now`; leaves the pool.
  void Use(base::MonoTime now);
  /// In how long it will be used again, as far as its past tells. Where nothing does, longer than
  /// anything, and the longer the longer it has been idle.
  Time NextUse(base::MonoTime now) const;

 private:
  friend class IdlePool;
  IdlePool* pool_ = nullptr;
  size_t at_ = 0;  // in the pool
  base::MonoTime since_{};
  Time gap_ = kUnknown;
};

/// The idle connections of one courier, and which of them is worth least: the one whose next use is
/// farthest (Belady), where its own gaps between uses tell when that is. So what is used all the
/// time is kept; and where more destinations take turns than there are places for, a part of them
/// keeps its connections, while the one that was idle for longest would be closed each time right
/// before its turn, and none would ever be used again. Looks at kLooks of them, others each time;
/// adding and removing costs a few pointers. One thread.
class IdlePool {
 public:
  static constexpr size_t kLooks = 8;

  IdlePool() = default;
  IdlePool(const IdlePool&) = delete;
  IdlePool& operator=(const IdlePool&) = delete;
  /// Empty by then.
  ~IdlePool() = default;

  void Add(IdleSlot& slot, base::MonoTime now);
  /// Null: nothing is idle.
  IdleSlot* LeastNeeded(base::MonoTime now);
  size_t size() const { return slots_.size(); }

 private:
  friend class IdleSlot;
  void Remove(IdleSlot& slot);

  std::vector<IdleSlot*> slots_;  // in no order
  size_t hand_ = 0;
};

}  // namespace carillon::http
