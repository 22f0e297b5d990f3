#include "carillon/http/server.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <exception>
#include <list>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using beast::error_code;
using Executor = asio::io_context::executor_type;
using Handler = std::function<ServerReply(const ServerRequest&)>;

constexpr uint64_t kMaxBodyBytes = 64 * 1024;
constexpr uint32_t kMaxHeadBytes = 8 * 1024;
constexpr size_t kFirstBytes = 1024;
constexpr std::chrono::milliseconds kDrain{1'000};
constexpr std::chrono::milliseconds kAcceptPause{100};

class Session;
using Sessions = std::list<std::shared_ptr<Session>>;

/// What the sessions share; outlives the server for as long as one of them unwinds.
struct Shared {
  Handler handler;
  ServerOptions options;
  Sessions sessions;       // the one on which nothing has happened for longest first
  size_t reply_bytes = 0;  // of answers under way
};

class Session final : public std::enable_shared_from_this<Session> {
 public:
  using Socket = asio::basic_stream_socket<tcp, Executor>;

  Session(Socket socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)), shared_(std::move(shared)) {}

  /// `place`: its own in the list.
  void Start(Sessions::iterator place) {
    place_ = place;
    Read();
  }

  void Close() {
    if (std::exchange(closed_, true)) return;
    ForgetReply();
    stream_.close();
    shared_->sessions.erase(place_);  // which may be what held it last
  }

  size_t reply_bytes() const { return reply_bytes_; }

 private:
  void Read() {
    parser_.emplace();
    parser_->body_limit(kMaxBodyBytes);
    parser_->header_limit(kMaxHeadBytes);
    stream_.expires_after(shared_->options.request_timeout);
    beast::http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code ec, size_t) { self->OnRead(ec); });
  }

  /// Between two requests: what comes first may take longer than the request itself.
  void Await() {
    if (buffer_.size() > 0) return Read();
    stream_.expires_after(shared_->options.idle);
    stream_.async_read_some(buffer_.prepare(kFirstBytes),
                            [self = shared_from_this()](error_code ec, size_t bytes) {
                              if (ec || bytes == 0) return self->Close();
                              self->buffer_.commit(bytes);
                              self->Read();
                            });
  }

  /// Something has happened: others give way before it does.
  void Touch() { shared_->sessions.splice(shared_->sessions.end(), shared_->sessions, place_); }

  void OnRead(error_code ec) {
    using beast::http::error;
    if (closed_) return;
    Touch();
    if (!ec) return Reply(Handle(), parser_->get().keep_alive());
    if (ec == error::body_limit) return Refuse(413, "the request body is over 64 KiB\n");
    if (ec == error::header_limit) return Refuse(431, "the request head is over 8 KiB\n");
    const bool closed = ec == error::end_of_stream || ec == error::partial_message;
    if (closed || ec.category() != make_error_code(error::bad_method).category()) return Close();
    Refuse(400, absl::StrCat("not an HTTP/1.1 request: ", ec.message(), "\n"));
  }

  void Refuse(int status, std::string why) {
    Reply({.status = status, .body = std::move(why)}, false);
  }

  ServerReply Handle() {
    auto& message = parser_->get();
    const auto method = message.method_string();
    const auto target = message.target();
    ServerRequest request{std::string(method.data(), method.size()),
                          std::string(target.data(), target.size()), std::move(message.body())};
    try {
      return shared_->handler(request);
    } catch (const std::exception&) {
      return {.status = 500, .body = "internal error\n"};
    }
  }

  void Reply(ServerReply reply, bool keep_alive) {
    const bool head_only = parser_->get().method() == beast::http::verb::head;
    reply_.emplace(static_cast<beast::http::status>(reply.status), 11);
    reply_->set(beast::http::field::content_type, reply.content_type);
    if (!reply.allow.empty()) reply_->set(beast::http::field::allow, reply.allow);
    reply_->set("X-Content-Type-Options", "nosniff");
    reply_->keep_alive(keep_alive);
    reply_->content_length(reply.body.size());
    if (!head_only) reply_->body() = std::move(reply.body);
    reply_bytes_ = reply_->body().size();
    shared_->reply_bytes += reply_bytes_;
    BoundReplies();
    stream_.expires_after(shared_->options.reply_timeout);
    beast::http::async_write(stream_, *reply_,
                             [self = shared_from_this(), keep_alive](error_code ec, size_t) {
                               self->OnWritten(ec, keep_alive);
                             });
  }

  /// Of those who do not read their answers the first gives way.
  void BoundReplies() {
    while (shared_->reply_bytes > shared_->options.max_reply_bytes) {
      const auto oldest = std::ranges::find_if(shared_->sessions, [this](const auto& session) {
        return session.get() != this && session->reply_bytes() > 0;
      });
      if (oldest == shared_->sessions.end()) return;
      const std::shared_ptr<Session> session = *oldest;
      session->Close();
    }
  }

  void ForgetReply() { shared_->reply_bytes -= std::exchange(reply_bytes_, 0); }

  void OnWritten(error_code ec, bool keep_alive) {
    if (ec || closed_) return Close();
    ForgetReply();
    reply_.reset();
    Touch();
    if (keep_alive) return Await();
    // The reply must arrive although the peer may still be sending: say that no more comes, and
    // read what it sends, up to a bound, until it closes.
    stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
    stream_.expires_after(kDrain);
    Drain(kMaxBodyBytes);
  }

  void Drain(size_t left) {
    stream_.async_read_some(asio::buffer(scrap_),
                            [self = shared_from_this(), left](error_code ec, size_t bytes) {
                              if (ec || bytes >= left) return self->Close();
                              self->Drain(left - bytes);
                            });
  }

  beast::basic_stream<tcp, Executor> stream_;
  const std::shared_ptr<Shared> shared_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  std::optional<beast::http::response<beast::http::string_body>> reply_;
  std::array<char, 1024> scrap_;
  Sessions::iterator place_{};
  size_t reply_bytes_ = 0;  // of the answer under way
  bool closed_ = false;
};

using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// Accepts until stopped. Shared with its pending call-backs.
class Listener final : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, Handler handler, const ServerOptions& options)
      : acceptor_(io),
        pause_(io),
        shared_(std::make_shared<Shared>(Shared{std::move(handler), options, {}, 0})) {}

  error_code Bind(const tcp::endpoint& at) {
    error_code ec;
    acceptor_.open(at.protocol(), ec);
    if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_.bind(at, ec);
    if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) port_ = acceptor_.local_endpoint(ec).port();
    return ec;
  }

  void Accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code ec, Session::Socket socket) {
      self->OnAccept(ec, std::move(socket));
    });
  }

  void Stop() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    while (CloseOldest()) {
    }
  }

  uint16_t port() const { return port_; }

 private:
  void OnAccept(error_code ec, Session::Socket socket) {
    if (!acceptor_.is_open()) return;
    if (ec) return OnRefused();
    while (shared_->sessions.size() >= shared_->options.max_connections) CloseOldest();
    auto session = std::make_shared<Session>(std::move(socket), shared_);
    session->Start(shared_->sessions.insert(shared_->sessions.end(), session));
    Accept();
  }

  bool CloseOldest() {
    if (shared_->sessions.empty()) return false;
    const std::shared_ptr<Session> oldest = shared_->sessions.front();
    oldest->Close();
    return true;
  }

  /// Out of descriptors, most likely: one of its own is given up for the one that waits. Without
  /// one, trying again at once would only spin. (Linux wants a descriptor before it looks whether
  /// anybody waits.)
  void OnRefused() {
    pollfd waiting{.fd = acceptor_.native_handle(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 0) == 0) return AwaitOne();
    if (CloseOldest()) return Accept();

    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = shared_from_this()](error_code) {
      if (self->acceptor_.is_open()) self->Accept();
    });
  }

  void AwaitOne() {
    acceptor_.async_wait(Acceptor::wait_read, [self = shared_from_this()](error_code) {
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
  void Stop() override { listener_->Stop(); }

 private:
  const std::shared_ptr<Listener> listener_;
};

std::optional<tcp::endpoint> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  error_code ec;
  const asio::ip::address address = asio::ip::make_address(host, ec);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool port_ok = error == std::errc() && end == digits.data() + digits.size();
  if (ec || !port_ok || address.is_v6() != brackets) return std::nullopt;
  return tcp::endpoint(address, port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(asio::io_context& io,
                                                       const std::string& address, Handler handler,
                                                       const ServerOptions& options) {
  const auto at = ParseEndpoint(address);
  if (!at) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be ADDRESS:PORT or [V6]:PORT with a numeric address, not \"",
                     base::Printable(address), "\""));
  }
  auto listener = std::make_shared<Listener>(io, std::move(handler), options);
  if (const error_code ec = listener->Bind(*at)) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", ec.message()));
  }
  listener->Accept();
  return std::make_unique<ListeningServer>(std::move(listener));
}

}  // namespace carillon::http
