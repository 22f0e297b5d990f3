#include "carillon/web/server.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "session.h"

namespace carillon::web {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;

constexpr std::chrono::milliseconds kAcceptPause{100};

/// Accepts until stopped. Shared with its pending call-backs.
class Listener final : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, Routes routes, const ServerOptions& options)
      : acceptor_(io),
        pause_(io),
        shared_(std::make_shared<Shared>(
            Shared{std::move(routes), options, std::make_shared<Loop>(io), {}, 0})) {}

  ErrorCode Bind(const Tcp::endpoint& at) {
    ErrorCode ec;
    acceptor_.open(at.protocol(), ec);
    if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_.bind(at, ec);
    if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) port_ = acceptor_.local_endpoint(ec).port();
    return ec;
  }

  void Accept() {
    acceptor_.async_accept([self = shared_from_this()](ErrorCode ec, Socket socket) {
      self->OnAccept(ec, std::move(socket));
    });
  }

  void Stop() {
    ErrorCode ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    shared_->loop->Close();
    while (CloseOne()) {
    }
  }

  void SetTls(ServerTlsPtr tls) { shared_->options.tls = std::move(tls); }
  uint16_t port() const { return port_; }
  size_t answering() const {
    return static_cast<size_t>(std::ranges::count_if(
        shared_->sessions, [](const std::shared_ptr<Session>& each) { return each->busy(); }));
  }

 private:
  void OnAccept(ErrorCode ec, Socket socket) {
    if (!acceptor_.is_open()) return;
    if (ec) return OnRefused();
    while (shared_->sessions.size() >= shared_->options.max_connections && CloseOne()) {
    }
    ErrorCode ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    const bool tls = shared_->options.tls != nullptr;
    auto session = tls ? MakeTlsSession(std::move(socket), shared_)
                       : MakePlainSession(std::move(socket), shared_);
    session->Start(shared_->sessions.insert(shared_->sessions.end(), session));
    Accept();
  }

  bool CloseOne() {
    const std::shared_ptr<Session> victim = shared_->Victim(nullptr, false);
    if (victim == nullptr) return false;
    victim->Close();
    return true;
  }

  /// Out of descriptors, most likely: one of its own is given up for the one that waits. Without
  /// one, trying again at once would only spin. (Linux wants a descriptor before it looks whether
  /// anybody waits.)
  void OnRefused() {
    pollfd waiting{.fd = acceptor_.native_handle(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 0) == 0) return AwaitOne();
    if (CloseOne()) return Accept();

    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = shared_from_this()](ErrorCode) {
      if (self->acceptor_.is_open()) self->Accept();
    });
  }

  void AwaitOne() {
    acceptor_.async_wait(Acceptor::wait_read, [self = shared_from_this()](ErrorCode) {
      if (self->acceptor_.is_open()) self->Accept();
    });
  }

  Acceptor acceptor_;
  Timer pause_;
  const std::shared_ptr<Shared> shared_;
  uint16_t port_ = 0;
};

class ListeningServer final : public Server {
 public:
  explicit ListeningServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
  ~ListeningServer() override { listener_->Stop(); }
  uint16_t port() const override { return listener_->port(); }
  void SetTls(ServerTlsPtr tls) override { listener_->SetTls(std::move(tls)); }
  size_t answering() const override { return listener_->answering(); }
  void Stop() override { listener_->Stop(); }

 private:
  const std::shared_ptr<Listener> listener_;
};

std::optional<Tcp::endpoint> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  ErrorCode ec;
  const asio::ip::address address = asio::ip::make_address(host, ec);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool port_ok = error == std::errc() && end == digits.data() + digits.size();
  if (ec || !port_ok || address.is_v6() != brackets) return std::nullopt;
  return Tcp::endpoint(address, port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(asio::io_context& io,
                                                       const std::string& address, Routes routes,
                                                       const ServerOptions& options) {
  const auto at = ParseEndpoint(address);
  if (!at) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be ADDRESS:PORT or [V6]:PORT with a numeric address, not \"",
                     base::Printable(address), "\""));
  }
  auto listener = std::make_shared<Listener>(io, std::move(routes), options);
  if (const ErrorCode ec = listener->Bind(*at)) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", ec.message()));
  }
  listener->Accept();
  return std::make_unique<ListeningServer>(std::move(listener));
}

}  // namespace carillon::web
