#include "sink.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <optional>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/signing/signer.h"
#include "client_connection.h"

namespace carillon::sink {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

absl::StatusOr<tcp::endpoint> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  uint16_t port = 0;
  if (colon != std::string_view::npos) {
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + colon + 1, end, port);
    std::string host(text.substr(0, colon));
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (error == std::errc() && at == end && !ec) return tcp::endpoint(address, port);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--address must be HOST:PORT or [V6]:PORT with a numeric host, not '",
                   base::Printable(text), "'"));
}

void RethrowIfAny(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

Coroutine Accept(tcp::acceptor acceptor, Sink& sink) {
  asio::io_context& io = static_cast<asio::io_context&>(acceptor.get_executor().context());
  asio::steady_timer pause(io);
  uint64_t number = 0;
  for (;;) {
    boost::system::error_code ec;
    Socket socket(io.get_executor());
    co_await acceptor.async_accept(socket, asio::redirect_error(kUseCoroutine, ec));
    if (ec || sink.stats().open_connections() >= sink.options().max_connections) {
      socket.close(ec);  // out of descriptors or over the bound: give others time to end
      pause.expires_after(std::chrono::milliseconds(20));
      co_await pause.async_wait(asio::redirect_error(kUseCoroutine, ec));
      continue;
    }
    socket.set_option(tcp::no_delay(true), ec);
    asio::co_spawn(io.get_executor(), ServeConnection(std::move(socket), ++number, sink),
                   RethrowIfAny);
  }
}

}  // namespace

Behavior Sink::BehaviorFor(std::string_view target) const {
  const std::string path(target.substr(0, target.find('?')));
  if (const auto it = options_.behaviors.find(path); it != options_.behaviors.end()) {
    return it->second;
  }
  const auto parsed = ParseBehavior(path, options_.default_status);
  return parsed.ok() ? *parsed : options_.default_behavior;
}

absl::Status Sink::SetBehavior(const std::string& path, std::string_view mode) {
  if (path.empty() || path.front() != '/') {
    return absl::InvalidArgumentError("path must begin with '/'");
  }
  if (mode.empty()) {
    options_.behaviors.erase(path);
    return absl::OkStatus();
  }
  auto behavior = ParseBehavior(mode, options_.default_status);
  if (!behavior.ok()) return behavior.status();
  if (options_.behaviors.size() >= 10'000 && !options_.behaviors.contains(path)) {
    return absl::ResourceExhaustedError("10000 paths have a behavior of their own already");
  }
  options_.behaviors[path] = *std::move(behavior);
  return absl::OkStatus();
}

Verdict Sink::Check(const HttpRequest& request) const {
  if (options_.secrets.empty()) return Verdict::kUnchecked;
  const std::string_view id = request.Header("webhook-id");
  const std::string_view timestamp = request.Header("webhook-timestamp");
  const std::string_view signature = request.Header("webhook-signature");
  for (const base::Secret& key : options_.secrets) {
    if (signing::Verify(key, id, timestamp, request.body, signature)) return Verdict::kVerified;
  }
  return Verdict::kFailed;
}

absl::StatusOr<std::string> Listen(asio::io_context& io, Sink& sink) {
  const auto endpoint = ParseAddress(sink.options().address);
  if (!endpoint.ok()) return endpoint.status();
  boost::system::error_code ec;
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint->protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(*endpoint, ec);
  if (!ec) acceptor.listen(SOMAXCONN, ec);
  if (ec) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", sink.options().address, ": ", ec.message()));
  }
  const tcp::endpoint local = acceptor.local_endpoint();
  const std::string host = local.address().is_v6()
                               ? absl::StrCat("[", local.address().to_string(), "]")
                               : local.address().to_string();
  asio::co_spawn(io.get_executor(), Accept(std::move(acceptor), sink), RethrowIfAny);
  return absl::StrCat(host, ":", local.port());
}

}  // namespace carillon::sink
