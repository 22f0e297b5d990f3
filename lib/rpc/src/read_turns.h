#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::rpc {

/// Turns at being read: so much work of one peer's connections between two looks at all others, so
/// that ten thousand legal calls of some do not stand before the one call of another.
///
/// One thread reads all connections, in the order in which the kernel reports them. A peer whose
/// turn is spent has its connections wait, with what they sent in the kernel's buffers; one of
/// them, the marker, is woken at once, so that it is reported again behind everything that is ready
/// now. When it comes, all the others had their turn, and the peer's next one begins. Nobody waits
/// while there is nothing else to do, and nothing is refused.
///
/// Of a peer's own connections those go first that bring little at a time (light), up to all but
/// one of those that are woken with a turn: a publisher behind the same address as a flood (a NAT,
/// a proxy) waits for a turn, not for a round of the flood's connections. Otherwise they go in the
/// order in which they came. Thread-safe.
class ReadTurns {
 public:
  /// Has the kernel report `fd` once more. Returns false when it has nothing to read by now. Under
  /// this one's mutex.
  using Wake = bool (*)(int fd);
  /// Of a turn: calls begun and messages. About a millisecond.
  static constexpr int kWork = 64;
  /// Connections that are woken with a turn.
  static constexpr int kWoken = 8;
  /// A marker that does not come for so long is given up: gRPC has its reasons not to read it.
  static constexpr std::chrono::milliseconds kPatience{500};

  explicit ReadTurns(Wake wake) : wake_(wake) {}

  /// Whether any of the connections may be read without asking further; costs nothing.
  bool Free(int fd) const {
    return left_.load(std::memory_order_relaxed) > 0 &&
           marker_.load(std::memory_order_relaxed) != fd;
  }
  /// Whether `fd`, which has something to read, may be read now. If not it waits and is woken.
  /// `poll` says which of the kernel's reports the caller is at work on, never 0: asking again
  /// within the same one is no turn. `light` says that it has brought little at a time so far.
  bool Ask(int fd, uint64_t poll, base::MonoTime now, bool light = false);
  /// So much work was read.
  void Took(uint32_t work) { left_.fetch_sub(static_cast<int>(work), std::memory_order_relaxed); }
  /// The connection is at its end: it waits no more. As often as one likes.
  void Forget(int fd, base::MonoTime now);
  /// How often a connection had something to read and had to wait. Without the mutex.
  uint64_t held() const { return held_.load(std::memory_order_relaxed); }
  /// To be called about once a second: goes on when the marker does not come.
  void Look(base::MonoTime now);

 private:
  static constexpr int kNone = -1;

  /// A new turn.
  void Begin(uint64_t poll, base::MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// A new turn when the marker is overdue.
  void Expire(uint64_t poll, base::MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wait(int fd, bool light) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Wake wake_;
  std::atomic<int> left_{kWork};    ///< of this turn; below 0 when the last read brought more
  std::atomic<int> marker_{kNone};  ///< is woken; none: nobody waits either
  std::atomic<uint64_t> held_{0};
  base::Mutex mutex_;
  uint64_t marker_poll_ ABSL_GUARDED_BY(mutex_) = 0;  ///< the report in which it was woken
  base::MonoTime marker_since_ ABSL_GUARDED_BY(mutex_){};
  // None is in them twice, or in both.
  std::deque<int> waiting_ ABSL_GUARDED_BY(mutex_);
  std::deque<int> waiting_light_ ABSL_GUARDED_BY(mutex_);
  /// Light ones that were woken with this turn: they are read, whatever else came before them.
  std::vector<int> invited_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::rpc
