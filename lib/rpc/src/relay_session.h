#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "carillon/web/server.h"

namespace carillon::rpc {

/// One publisher's TLS connection, and the one inside the process that leads to gRPC: what comes on
/// one is written to the other, 16 KiB at a time, the next after that was taken. Shared with its
/// pending operations; on the thread that runs `io`.
class RelaySession : public std::enable_shared_from_this<RelaySession> {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using Tcp = boost::asio::ip::tcp;
  using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;

  struct Timeouts {
    std::chrono::milliseconds handshake;
    std::chrono::milliseconds write;  ///< until a client took what was written
  };

  /// Is told of its sessions, and outlives them.
  class Owner {
   public:
    /// The handshake ended. Returns the near end of a connection to gRPC, or -1: it is closed then.
    virtual int OnHandshake(RelaySession& session, const boost::system::error_code& error) = 0;
    /// It is closed, or was refused, and is used no more; `during_handshake`: OnHandshake was not
    /// called.
    virtual void OnClosed(RelaySession& session, bool during_handshake) = 0;

   protected:
    ~Owner() = default;
  };

  /// Takes `fd`, a connected socket.
  static std::shared_ptr<RelaySession> Make(boost::asio::io_context& io, int fd, std::string peer,
                                            const web::ServerTlsPtr& tls, Timeouts timeouts,
                                            Owner& owner);
  virtual ~RelaySession() = default;

  /// Once, after it was made.
  virtual void Start() = 0;
  /// At once, both connections. Again: nothing happens.
  virtual void Close() = 0;

  /// What the client's certificate says; null: it has shown none. After the handshake.
  virtual base::PeerCertificatePtr certificate() = 0;

  const std::string& peer() const { return peer_; }
  /// Of the near end; 0: there is none yet.
  uint16_t port() const { return port_; }
  void set_port(uint16_t port) { port_ = port; }

 protected:
  explicit RelaySession(std::string peer) : peer_(std::move(peer)) {}

 private:
  const std::string peer_;
  uint16_t port_ = 0;
};

}  // namespace carillon::rpc
