#include "forwarder.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::cli {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

constexpr std::chrono::seconds kForwardTimeout{30};
constexpr uint64_t kMaxAnswerBody = 16u << 20;

using OutgoingRequest = http::request<http::string_body>;

/// Fields that belong to the connection it came by.
bool IsHopByHop(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower(base::ToAbsl(name));
  return lower == "host" || lower == "connection" || lower == "content-length" ||
         lower == "transfer-encoding" || lower == "expect" || lower == "keep-alive";
}

OutgoingRequest MakeOutgoing(const net::Url& url, const web::Request& request) {
  OutgoingRequest outgoing{http::verb::post, url.target, 11};
  outgoing.set(http::field::host, url.HostHeader());
  outgoing.set(http::field::connection, "close");
  for (const auto& [name, value] : request.headers.fields()) {
    if (!IsHopByHop(name)) outgoing.insert(name, value);
  }
  outgoing.body() = request.body;
  outgoing.prepare_payload();
  return outgoing;
}

Forwarded Failed(const char* what, const boost::system::error_code& error) {
  return {.status = 0, .error = absl::StrCat(what, ": ", error.message())};
}

asio::awaitable<Forwarded> SendOne(net::Url url, std::shared_ptr<OutgoingRequest> request) {
  const auto executor = co_await asio::this_coro::executor;
  boost::system::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);  // Asio takes no const one
  Tcp::resolver resolver(executor);
  const std::string port = std::to_string(url.port);
  const auto addresses = co_await resolver.async_resolve(url.host, port, token);
  if (error) co_return Failed("cannot be resolved", error);
  boost::beast::tcp_stream stream(executor);
  stream.expires_after(kForwardTimeout);
  co_await stream.async_connect(addresses, token);
  if (error) co_return Failed("cannot be reached", error);
  co_await http::async_write(stream, *request, token);
  if (error) co_return Failed("did not take the request", error);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswerBody);
  co_await http::async_read(stream, buffer, parser, token);
  if (error) co_return Failed("did not answer", error);
  co_return Forwarded{.status = static_cast<int>(parser.get().result_int()), .error = ""};
}

}  // namespace

absl::StatusOr<Forwarder> Forwarder::To(const std::string& target) {
  const bool is_port =
      !target.empty() && std::ranges::all_of(target, [](char c) { return c >= '0' && c <= '9'; });
  const auto url = net::ParseUrl(is_port ? absl::StrCat("http://127.0.0.1:", target, "/") : target);
  if (url.ok() && !url->tls) return Forwarder(*url);
  return absl::InvalidArgumentError(
      absl::StrCat("--forward ", base::Printable(target),
                   ": must be a port such as 3000, or http://HOST:PORT/PATH"));
}

void Forwarder::Send(asio::io_context& io, const web::Request& request,
                     std::function<void(Forwarded)> done) const {
  asio::co_spawn(io, SendOne(url_, std::make_shared<OutgoingRequest>(MakeOutgoing(url_, request))),
                 [done = std::move(done)](const std::exception_ptr& thrown, Forwarded forwarded) {
                   if (thrown != nullptr) forwarded = {.status = 0, .error = "no memory"};
                   done(std::move(forwarded));
                 });
}

}  // namespace carillon::cli
