#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "frame_watch.h"
#include "read_turns.h"
#include "watched_sockets.h"

namespace carillon::rpc {

/// One publisher's connection: what passes is told to its FrameWatch, what it costs is kept in the
/// owner's sums, and it reads when it is its peer's turn. Any thread. Its figures are under its own
/// mutex; the owner's mutex is taken before that, never while holding it.
class WatchedSockets::Socket {
 public:
  /// `turns`: the peer's. Both outlive it.
  Socket(WatchedSockets& owner, int fd, std::string peer, ReadTurns& turns);
  ~Socket();

  /// As `recvmsg`, of a socket that does not block; only gRPC reads it. EAGAIN also when it is
  /// others' turn, ECONNRESET also when the connection was ended here.
  ssize_t Receive(msghdr* message, int flags);
  /// The first `bytes` of `message` were sent.
  void Sent(const msghdr& message, size_t bytes);

  const std::string& peer() const { return peer_; }
  /// How much it has of what there is too much of; 0: it is closed already.
  size_t Share(CloseReason reason) const;
  /// Since when it has had no call; nullopt: it has one, or is closed already.
  std::optional<base::MonoTime> quiet_since() const;

  /// Ends the connection: gRPC sees that, and closes the descriptor. False: it was ended before.
  bool ShutDown(CloseReason reason);
  /// To be called at each look at all: what is leaving since the one before is forgotten.
  void Look();

 private:
  /// Whether it is its turn.
  bool MayRead();
  /// Whether it waits for memory that others leave.
  bool Pauses();
  /// Where others wait, no more than a turn can hold of what brings much work.
  ssize_t ReceiveSome(msghdr* message, int flags);
  /// False: the connection is at its end.
  bool Received(const msghdr& message, size_t bytes);

  /// Tells the turns what a read brought.
  void Worked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Takes this one out of the owner's sums, but for what is leaving.
  void Release() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// From now on so much is leaving.
  void Leave(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Brings the owner's sums up to date; which of them is over its bound now that this one grew.
  std::optional<CloseReason> Reckon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  WatchedSockets& owner_;
  const int fd_;
  const std::string peer_;
  ReadTurns& turns_;
  std::atomic<bool> light_{false};
  mutable base::Mutex mutex_;
  FrameWatch watch_ ABSL_GUARDED_BY(mutex_);
  uint64_t work_ ABSL_GUARDED_BY(mutex_) = 0;  ///< that the turns were told
  size_t cost_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t streams_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t large_heads_ ABSL_GUARDED_BY(mutex_) = 0;
  bool doomed_ ABSL_GUARDED_BY(mutex_) = false;
  size_t leaving_ ABSL_GUARDED_BY(mutex_) = 0;      ///< of it in the owner's sum, once it is doomed
  bool looked_at_ ABSL_GUARDED_BY(mutex_) = false;  ///< since it is doomed
  base::MonoTime quiet_since_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::rpc
