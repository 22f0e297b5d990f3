#include "relay_session.h"

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace carillon::rpc {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// For what a client is told last, to reach it.
constexpr std::chrono::milliseconds kFarewell{1'000};
constexpr size_t kPieceBytes = 16u << 10;

asio::ssl::context Share(const web::ServerTlsPtr& tls) {
  SSL_CTX_up_ref(tls.get());
  return asio::ssl::context(tls.get());
}

class RelaySessionImpl final : public RelaySession {
 public:
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>;

  RelaySessionImpl(asio::io_context& io, int fd, std::string peer, const web::ServerTlsPtr& tls,
                   Timeouts timeouts, Owner& owner)
      : RelaySession(std::move(peer)),
        timeouts_(timeouts),
        owner_(owner),
        context_(Share(tls)),
        client_(Socket(io.get_executor()), context_),
        inner_(io.get_executor()),
        timer_(io.get_executor()) {
    Assign(client_.next_layer(), fd);
  }

  void Start() override {
    CloseAfter(timeouts_.handshake);
    client_.async_handshake(asio::ssl::stream_base::server,
                            [self = Self()](ErrorCode ec) { self->OnHandshake(ec); });
  }

  base::PeerCertificatePtr certificate() override {
    return web::PeerCertificateOf(*client_.native_handle());
  }

  void Close() override {
    if (closed_) return;
    closed_ = true;
    ErrorCode ignored;
    timer_.cancel();
    client_.next_layer().close(ignored);
    inner_.close(ignored);
    owner_.OnClosed(*this, handshaking_);
  }

 private:
  using Piece = std::array<char, kPieceBytes>;

  std::shared_ptr<RelaySessionImpl> Self() {
    return std::static_pointer_cast<RelaySessionImpl>(shared_from_this());
  }

  static void Assign(Socket& socket, int fd) {
    ErrorCode ignored;
    socket.assign(Tcp::v4(), fd, ignored);  // the family matters to nothing that is done with it
    socket.non_blocking(true, ignored);
  }

  /// Unless it is called again, or the timer is canceled.
  void CloseAfter(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([self = Self()](ErrorCode ec) {
      if (!ec) self->Close();
    });
  }

  void OnHandshake(ErrorCode ec) {
    if (closed_) return;
    handshaking_ = false;
    timer_.cancel();
    const int fd = owner_.OnHandshake(*this, ec);
    if (fd < 0) return SayFarewell();
    Assign(inner_, fd);
    ReadClient();
    ReadInner();
  }

  /// The alert that says why is under way: closing now could overtake it.
  void SayFarewell() {
    ErrorCode ignored;
    client_.next_layer().shutdown(Socket::shutdown_send, ignored);
    CloseAfter(kFarewell);
    Discard();
  }
  void Discard() {
    client_.next_layer().async_read_some(asio::buffer(from_client_),
                                         [self = Self()](ErrorCode ec, size_t) {
                                           if (self->closed_) return;
                                           ec ? self->Close() : self->Discard();
                                         });
  }

  void ReadClient() {
    client_.async_read_some(asio::buffer(from_client_), [self = Self()](ErrorCode ec, size_t n) {
      if (self->closed_) return;
      if (!ec) return self->WriteInner(n);
      if (ec != asio::error::eof) return self->Close();
      ErrorCode ignored;  // it said that it sends no more; gRPC may still have something to say
      self->inner_.shutdown(Socket::shutdown_send, ignored);
    });
  }
  void WriteInner(size_t bytes) {
    asio::async_write(inner_, asio::buffer(from_client_, bytes),
                      [self = Self()](ErrorCode ec, size_t) {
                        if (self->closed_) return;
                        // Of an end that gRPC closed, what it wrote last is read still.
                        if (!ec) self->ReadClient();
                      });
  }

  void ReadInner() {
    inner_.async_read_some(asio::buffer(from_inner_), [self = Self()](ErrorCode ec, size_t n) {
      if (self->closed_) return;
      ec ? self->EndClient() : self->WriteClient(n);
    });
  }
  void WriteClient(size_t bytes) {
    CloseAfter(timeouts_.write);
    asio::async_write(client_, asio::buffer(from_inner_, bytes),
                      [self = Self()](ErrorCode ec, size_t) {
                        if (self->closed_) return;
                        if (ec) return self->Close();
                        self->timer_.cancel();
                        self->ReadInner();
                      });
  }
  void EndClient() {
    CloseAfter(kFarewell);
    client_.async_shutdown([self = Self()](ErrorCode) { self->Close(); });
  }

  const Timeouts timeouts_;
  Owner& owner_;
  asio::ssl::context context_;
  asio::ssl::stream<Socket> client_;
  Socket inner_;
  Timer timer_;
  bool handshaking_ = true;
  bool closed_ = false;
  Piece from_client_;
  Piece from_inner_;
};

}  // namespace

std::shared_ptr<RelaySession> RelaySession::Make(asio::io_context& io, int fd, std::string peer,
                                                 const web::ServerTlsPtr& tls, Timeouts timeouts,
                                                 Owner& owner) {
  return std::make_shared<RelaySessionImpl>(io, fd, std::move(peer), tls, timeouts, owner);
}

}  // namespace carillon::rpc
