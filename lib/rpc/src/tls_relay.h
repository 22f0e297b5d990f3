#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/log/log.h"
#include "carillon/web/server.h"

namespace carillon::rpc {

/// Ends publishers' TLS in front of gRPC: whoever watches gRPC's sockets (WatchedSockets) has to
/// see HTTP/2. Each connection gets a second one inside the process, over the loopback interface,
/// whose other end is gRPC's; what comes on one is written to the other, by one thread ("tls").
///
/// A connection without a valid handshake costs a descriptor and some 30 KiB for at most the
/// handshake's timeout; gRPC hears of it after its handshake.
class TlsRelay {
 public:
  struct Options {
    size_t max_handshakes = 1024;          ///< under way
    size_t max_handshakes_per_peer = 512;  ///< the same of one peer
    std::chrono::milliseconds handshake_timeout{10'000};
    /// A client that takes nothing of what is written to it for so long is gone.
    std::chrono::milliseconds write_timeout{60'000};
  };
  /// Takes gRPC's end, a connected socket. Returns false when there is no room: it has closed it.
  /// On the relay's thread.
  using HandOver = std::function<bool(int fd, const std::string& peer)>;

  /// `tls` speaks HTTP/2. UNAVAILABLE: what the system says.
  static absl::StatusOr<std::unique_ptr<TlsRelay>> Start(web::ServerTlsPtr tls, Options options,
                                                         HandOver hand_over, log::Logger& logger);
  /// As `Stop`.
  virtual ~TlsRelay() = default;

  /// Takes `fd`, a connection that was just accepted. Returns false when too many handshakes are
  /// under way: `fd` stays the caller's. Any thread.
  virtual bool Begin(int fd, std::string peer) = 0;
  /// Connections that come from now on use `tls`. Any thread.
  virtual void SetTls(web::ServerTlsPtr tls) = 0;
  /// Who is at the other end of a connection.
  struct Peer {
    std::string host;
    base::PeerCertificatePtr certificate;  ///< null: it has shown none
  };
  /// Of the connection that gRPC calls `grpc_peer` (`ipv4:127.0.0.1:40000`); an empty host when it
  /// is none of the relay's. Any thread.
  virtual Peer PeerOf(const std::string& grpc_peer) const = 0;
  /// Calls `task` on the thread; not after `Stop`.
  virtual void Post(absl::AnyInvocable<void()> task) = 0;
  /// After gRPC closed its ends: waits until what it wrote has gone out, for at most half a second,
  /// then closes what is left. Again: nothing happens.
  virtual void Stop() = 0;
};

}  // namespace carillon::rpc
