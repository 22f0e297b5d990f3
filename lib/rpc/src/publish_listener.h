#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "carillon/base/mutex.h"
#include "carillon/log/log.h"
#include "watched_sockets.h"

namespace carillon::rpc {

/// Accepts publishers' connections on a thread of its own, bounds their number, and hands them to
/// gRPC.
///
/// At a bound the connection that has been without a call for longest gives way (at least a
/// second); when every one has a call, the new one is closed. Out of descriptors, it waits and
/// tries again. With TLS what it accepts goes to a relay first, which hands gRPC's end back.
class PublishListener {
 public:
  struct Options {
    size_t max_connections = 1024;
    size_t max_connections_per_peer = 512;  ///< of one IPv4 address or one /64 of IPv6
    std::chrono::milliseconds user_timeout{
        20'000};  ///< sent data that nobody confirms; the system's when 0
    /// With TLS: takes a connection that was just accepted. Returns false when there is no room:
    /// it stays the listener's. On the thread.
    std::function<bool(int fd, std::string peer)> begin_tls;
  };
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  PublishListener(Options options, WatchedSockets& sockets, log::Logger& logger);
  ~PublishListener();

  /// `HOST:PORT` as the configuration has it; `localhost` is both addresses. Takes nothing yet.
  /// UNAVAILABLE: with what the system says.
  absl::Status Bind(const std::string& address);
  int port() const { return port_; }

  /// `second`: called about once a second, on the thread.
  void Start(std::unique_ptr<Acceptor> acceptor, std::function<void()> second);
  /// Takes no more; before gRPC is shut down. Again: nothing happens.
  void Stop();
  /// Gives gRPC a connection of `peer`. Returns false when there is no room, or it was stopped: it
  /// is closed. Any thread, after `Start`.
  bool HandOver(int fd, const std::string& peer) { return HandOver(kNoListener, fd, peer); }

  /// Connections that were closed at once, since there were too many.
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kNoListener = -1;

  /// 0, or why none of its addresses can be listened on.
  int BindHost(const std::string& host);
  void Run();
  /// Returns false when nobody waits, or it cannot be taken now.
  bool Accept(int listener);
  bool HandOver(int listener, int fd, const std::string& peer);
  bool HasRoom(const std::string& peer);
  /// Closes one that there is no room for.
  void Refuse(int fd, const std::string& peer);
  void CloseListeners();

  const Options options_;
  WatchedSockets& sockets_;
  log::Logger& logger_;
  std::vector<int> listeners_;
  int wake_ = -1;
  int port_ = 0;
  bool out_of_descriptors_ = false;
  base::Mutex hand_over_mutex_;
  bool handing_over_ ABSL_GUARDED_BY(hand_over_mutex_) = false;
  std::unique_ptr<Acceptor> acceptor_;
  std::function<void()> second_;
  std::atomic<uint64_t> refused_{0};
  std::thread thread_;
};

}  // namespace carillon::rpc
