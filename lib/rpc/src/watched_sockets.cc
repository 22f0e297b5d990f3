#include "watched_sockets.h"

#include <array>
#include <utility>

#include "watched_socket.h"

namespace carillon::rpc {
namespace {

/// By descriptor; null: not watched.
std::array<std::atomic<WatchedSockets::Socket*>, WatchedSockets::kMaxFd> g_sockets{};
std::atomic<WatchedSockets*> g_owner{nullptr};

/// So many connections of one address take no turns: with at most 128 calls each they cannot hold
/// one another up for long, and what is read together is written together.
constexpr size_t kFew = 16;

}  // namespace

WatchedSockets::WatchedSockets(Options options, const base::Clock& clock)
    : options_(std::move(options)), clock_(clock), takes_turns_(CanWakeSockets()) {
  g_owner = this;
}

WatchedSockets::~WatchedSockets() {
  const base::MutexLock lock(mutex_);
  for (const auto& [fd, socket] : sockets_) g_sockets[static_cast<size_t>(fd)] = nullptr;
  g_owner = nullptr;
}

bool WatchedSockets::Add(int fd, std::string peer) {
  if (fd < 0 || fd >= kMaxFd) return false;
  const base::MutexLock lock(mutex_);
  Peer& of = peers_[peer];
  ++of.connections;
  ++connections_;
  auto socket = std::make_unique<Socket>(*this, fd, std::move(peer), of.turns);
  g_sockets[static_cast<size_t>(fd)].store(socket.get(), std::memory_order_release);
  sockets_[fd] = std::move(socket);
  several_ = takes_turns_ && (peers_.size() > 1 || sockets_.size() > kFew);
  return true;
}

bool WatchedSockets::GiveWay(std::string_view peer, std::chrono::nanoseconds least) {
  const base::MutexLock lock(mutex_);
  base::MonoTime oldest = clock_.Mono() - least;
  Socket* idle = nullptr;
  for (const auto& [fd, socket] : sockets_) {
    if (!peer.empty() && socket->peer() != peer) continue;
    const auto since = socket->quiet_since();
    if (!since || *since > oldest) continue;
    oldest = *since;
    idle = socket.get();
  }
  if (idle == nullptr) return false;
  ShutDown(*idle, CloseReason::kGaveWay, FrameWatch::Verdict::kFine);
  return true;
}

size_t WatchedSockets::connections(const std::string& peer) const {
  const base::MutexLock lock(mutex_);
  const auto found = peers_.find(peer);
  return found == peers_.end() ? 0 : found->second.connections;
}

uint64_t WatchedSockets::reads_held() const {
  const base::MutexLock lock(mutex_);
  uint64_t held = held_of_gone_;
  for (const auto& [name, peer] : peers_) held += peer.turns.held();
  return held;
}

bool WatchedSockets::Over(CloseReason reason) const {
  return reason == CloseReason::kCalls ? streams() > options_.max_calls
                                       : cost() > options_.max_bytes;
}

void WatchedSockets::CloseGreatest(CloseReason reason) {
  const base::MutexLock lock(mutex_);
  if (!Over(reason)) return;  // another that grew at the same time has closed one for both
  Socket* greatest = nullptr;
  size_t most = 0;
  for (const auto& [fd, socket] : sockets_) {
    const size_t share = socket->Share(reason);
    if (share <= most) continue;
    most = share;
    greatest = socket.get();
  }
  if (greatest != nullptr) ShutDown(*greatest, reason, FrameWatch::Verdict::kFine);
}

void WatchedSockets::ShutDown(Socket& socket, CloseReason reason, FrameWatch::Verdict verdict) {
  if (socket.ShutDown(reason) && options_.on_close) {
    options_.on_close(reason, verdict, socket.peer());
  }
}

void WatchedSockets::Remove(int fd) {
  const base::MutexLock lock(mutex_);
  const auto found = sockets_.find(fd);
  if (found == sockets_.end()) return;
  g_sockets[static_cast<size_t>(fd)] = nullptr;
  const auto peer = peers_.find(found->second->peer());
  sockets_.erase(found);
  paused_.erase(fd);
  GoOn();
  if (--peer->second.connections == 0) {
    held_of_gone_ += peer->second.turns.held();
    peers_.erase(peer);
  }
  several_ = takes_turns_ && (peers_.size() > 1 || sockets_.size() > kFew);
  --connections_;
}

void WatchedSockets::Look() {
  const base::MutexLock lock(mutex_);
  const base::MonoTime now = clock_.Mono();
  for (auto& [name, peer] : peers_) peer.turns.Look(now);
  if (leaving_.load(std::memory_order_relaxed) <= 0) return;
  for (const auto& [fd, socket] : sockets_) socket->Look();
  GoOn();
}

bool WatchedSockets::Pause(int fd) {
  const base::MutexLock lock(mutex_);
  if (!takes_turns_ || !Crowded()) return false;
  paused_.insert(fd);
  return true;
}

void WatchedSockets::GoOn() {
  if (paused_.empty() || Crowded()) return;
  for (const int fd : std::exchange(paused_, {})) WakeSocket(fd);
}

WatchedSockets::Socket* WatchedSockets::Find(int fd) {
  if (fd < 0 || fd >= kMaxFd) return nullptr;
  return g_sockets[static_cast<size_t>(fd)].load(std::memory_order_acquire);
}

void WatchedSockets::Closed(int fd) {
  if (WatchedSockets* const owner = g_owner.load()) owner->Remove(fd);
}

}  // namespace carillon::rpc
