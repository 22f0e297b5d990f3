#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "frame_watch.h"
#include "read_turns.h"
#include "socket_wake.h"

namespace carillon::rpc {

/// Why the server closed a publisher's connection.
enum class CloseReason : uint8_t {
  kFlood,    ///< what came is what only floods send
  kMemory,   ///< it took the most memory while all together took more than they may
  kCalls,    ///< it had the most calls open while all together had more than they may
  kGaveWay,  ///< it was idle and another needed its place
};

/// The sockets of the publishing port while gRPC has them. gRPC gives no way to see the bytes that
/// it reads, so this program defines `recvmsg`, `sendmsg`, `epoll_wait` and `close` itself
/// (socket_functions.h): they do what they always do, and for sockets that are in here tell a
/// FrameWatch what passed. A look into a table is what they cost for all others. Thread-safe.
///
/// Connections take turns at being read (ReadTurns, one for each peer) when there are several
/// peers, or many connections: a socket whose peer's turn is spent seems to have nothing to read
/// (EAGAIN), and is reported again when its time comes.
///
/// What a connection took that is closed here is free only once gRPC has closed it too. Until then
/// those that hold much pause, as long as they and what is leaving are more than all may have: one
/// that is closed must not make room for memory that is not there yet.
///
/// At most one at a time, since the functions find it by a global.
class WatchedSockets {
 public:
  struct Options {
    FrameWatch::Limits frames;
    size_t max_bytes = 96u << 20;  ///< cost of all connections; past it the costliest is closed
    size_t max_calls = 2048;       ///< open on all; past it the connection with most is closed
    /// A connection was closed by the server; on any thread, must not call back.
    std::function<void(CloseReason, FrameWatch::Verdict, std::string_view peer)> on_close;
  };
  /// Connections that cost less do not pause.
  static constexpr size_t kMuch = 256u << 10;
  /// Descriptors from here on are not taken.
  static constexpr int kMaxFd = 1 << 18;

  WatchedSockets(Options options, const base::Clock& clock);
  ~WatchedSockets();
  WatchedSockets(const WatchedSockets&) = delete;
  WatchedSockets& operator=(const WatchedSockets&) = delete;

  /// From now on `fd` is watched, until it is closed. `peer` is who is at its other end, to be
  /// counted and told. Returns false when `fd` is not below kMaxFd.
  bool Add(int fd, std::string peer);

  /// Closes the connection that has been without a call for longest (at least `least`), of `peer`
  /// or, when that is empty, of all. Returns false when there is none.
  bool GiveWay(std::string_view peer, std::chrono::nanoseconds least);

  /// To be called about once a second, on any thread. What was leaving at the call before is waited
  /// for no longer: nobody pauses for more than about two seconds.
  void Look();

  /// Whether connections take turns, and pause. False where this kernel cannot do what is needed
  /// for it.
  bool takes_turns() const { return takes_turns_; }
  size_t connections() const { return connections_.load(std::memory_order_relaxed); }
  size_t connections(const std::string& peer) const;
  /// Calls that are open.
  size_t streams() const { return Positive(streams_); }
  /// Memory that they take, as FrameWatch reckons it: of those that are not closed here.
  size_t cost() const { return Positive(cost_); }
  /// The same with those that are closed here and that gRPC has yet to close.
  size_t memory() const { return Positive(cost_) + Positive(leaving_); }
  /// How often a connection had something to read and had to wait for its peer's turn.
  uint64_t reads_held() const;
  /// Whether a call with a large header block is open.
  bool large_heads() const { return large_heads_.load(std::memory_order_relaxed) > 0; }

  class Socket;
  /// For the functions of the C library. Returns null when it is not watched.
  static Socket* Find(int fd);
  static void Closed(int fd);

 private:
  static size_t Positive(const std::atomic<int64_t>& n) {
    return static_cast<size_t>(std::max<int64_t>(0, n.load(std::memory_order_relaxed)));
  }
  /// Whether all together have more of it than they may, by now.
  bool Over(CloseReason reason) const;
  /// Closes the connection that has most of it while there is too much: one for each time that the
  /// bound is passed, however many connections pass it at the same time.
  void CloseGreatest(CloseReason reason);
  void ShutDown(Socket& socket, CloseReason reason, FrameWatch::Verdict verdict)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(int fd);
  /// Whether there is too much, and part of it is about to be free.
  bool Crowded() const {
    return leaving_.load(std::memory_order_relaxed) > 0 && memory() > options_.max_bytes;
  }
  /// Has `fd` pause while it is crowded; it is woken then. Returns false when it is not.
  bool Pause(int fd);
  /// Wakes those that pause, once it is not crowded.
  void GoOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const base::Clock& clock_;
  const bool takes_turns_;
  std::atomic<size_t> connections_{0};
  std::atomic<int64_t> streams_{0};
  std::atomic<int64_t> cost_{0};
  std::atomic<int64_t> leaving_{0};
  std::atomic<int64_t> large_heads_{0};
  mutable base::Mutex mutex_;
  struct Peer {
    size_t connections = 0;
    ReadTurns turns{&WakeSocket};
  };

  uint64_t held_of_gone_ ABSL_GUARDED_BY(mutex_) = 0;  ///< of peers that are here no more
  /// Stable in memory; its sockets outlived.
  std::unordered_map<std::string, Peer> peers_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<int, std::unique_ptr<Socket>> sockets_ ABSL_GUARDED_BY(mutex_);
  std::unordered_set<int> paused_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> several_{false};  ///< peers or many connections, and they take turns
};

}  // namespace carillon::rpc
