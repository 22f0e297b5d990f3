#include "carillon/admin/fetch.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/clock.h"
#include "carillon/base/text.h"

namespace carillon::admin {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMaxHeadBytes = 16u << 10;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  const int fd_;
};

/// Milliseconds that are left, as poll() takes them.
int Left(steady_clock::time_point end) {
  const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now()).count();
  return static_cast<int>(std::max<int64_t>(left, 0));
}

absl::Status TimedOut(std::string_view what) {
  return absl::DeadlineExceededError(absl::StrCat(base::ToAbsl(what), ": timeout"));
}

absl::Status Failed(std::string_view what, int error) {
  return absl::UnavailableError(absl::StrCat(base::ToAbsl(what), ": ", std::strerror(error)));
}

/// Asks the resolver of the deliveries: unlike the system's it keeps to a deadline, and its thread
/// has ended when this returns.
absl::StatusOr<http::Addresses> Resolve(const std::string& host, steady_clock::time_point end,
                                        const http::ResolverOptions& names) {
  using Answer = absl::StatusOr<http::Addresses>;
  std::promise<Answer> promise;  // outlives the resolver, which answers at its end at the latest
  std::future<Answer> future = promise.get_future();
  const base::SystemClock clock;
  const std::unique_ptr<http::Resolver> resolver = http::Resolver::Create(names, clock);
  resolver->Resolve(host, "", [&promise](Answer answer) { promise.set_value(std::move(answer)); });
  const std::string what = absl::StrCat("the address of ", host);
  if (future.wait_until(end) != std::future_status::ready) return TimedOut(what);
  Answer answer = future.get();
  if (answer.ok()) return answer;
  return absl::UnavailableError(absl::StrCat(what, ": ", answer.status().message()));
}

/// Returns 0, or the error.
int Connect(int fd, const tcp::endpoint& to, steady_clock::time_point end) {
  if (connect(fd, to.data(), static_cast<socklen_t>(to.size())) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd ready{fd, POLLOUT, 0};
  if (poll(&ready, 1, Left(end)) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

/// Tries one address after the other; one that is silent leaves their share of the time to those
/// behind it.
absl::StatusOr<std::unique_ptr<Socket>> ConnectAny(const http::Addresses& addresses,
                                                   const net::Url& url,
                                                   steady_clock::time_point end) {
  int error = EHOSTUNREACH;
  auto left = static_cast<int64_t>(addresses.size());
  for (const auto& address : addresses) {
    const tcp::endpoint to(address, url.port);
    auto made = std::make_unique<Socket>(
        socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    const steady_clock::time_point now = steady_clock::now();
    error = made->fd() < 0 ? errno : Connect(made->fd(), to, now + (end - now) / left--);
    if (error == 0) return made;
  }
  return Failed(absl::StrCat("connecting to ", url.HostHeader()), error);
}

absl::Status SendAll(int fd, std::string_view text, steady_clock::time_point end) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return Failed("sending the request", errno);
    } else {
      pollfd ready{fd, POLLOUT, 0};
      if (poll(&ready, 1, Left(end)) == 0) return TimedOut("sending the request");
    }
  }
  return absl::OkStatus();
}

/// Appends what came; false at the end.
absl::StatusOr<bool> Receive(int fd, std::string& into, steady_clock::time_point end) {
  char buffer[64 << 10];
  while (true) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got > 0) into.append(buffer, static_cast<size_t>(got));
    if (got >= 0) return got > 0;
    if (errno != EAGAIN && errno != EINTR) return Failed("reading the answer", errno);
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, Left(end)) == 0) return TimedOut("reading the answer");
  }
}

absl::Status NoHttp() {
  return absl::InvalidArgumentError("the answer is none of an admin port: not the HTTP it speaks");
}

template <typename T>
bool Parse(std::string_view digits, T& to) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), to);
  return error == std::errc() && end == digits.data() + digits.size();
}

struct Head {
  int status = 0;
  std::optional<size_t> length;  ///< not set where the body goes up to the end
};

absl::StatusOr<Head> ReadHead(std::string_view text) {
  Head head;
  if (!text.starts_with("HTTP/1.") || text.size() < 12 || !Parse(text.substr(9, 3), head.status)) {
    return NoHttp();
  }
  for (size_t at = text.find("\r\n"); at != std::string_view::npos;) {
    const size_t begin = at + 2;
    at = text.find("\r\n", begin);
    const std::string_view line = text.substr(begin, at - begin);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = absl::AsciiStrToLower(base::ToAbsl(line.substr(0, colon)));
    const std::string_view value =
        base::ToStd(absl::StripAsciiWhitespace(base::ToAbsl(line.substr(colon + 1))));
    if (name == "transfer-encoding") return NoHttp();
    if (name == "content-length" && !Parse(value, head.length.emplace())) return NoHttp();
  }
  return head;
}

absl::StatusOr<FetchedPage> ReadAnswer(int fd, steady_clock::time_point end, size_t max_bytes) {
  std::string text;
  std::optional<Head> head;
  size_t begin = 0;
  bool more = true;
  while (true) {
    if (const size_t blank = head ? 0 : text.find("\r\n\r\n"); !head && blank != text.npos) {
      absl::StatusOr<Head> read = ReadHead(std::string_view(text).substr(0, blank));
      if (!read.ok()) return read.status();
      head = *read;
      begin = blank + 4;
    }
    if (!head && (text.size() > kMaxHeadBytes || (!text.empty() && text[0] != 'H'))) {
      return NoHttp();
    }
    if (head && (head->length.value_or(0) > max_bytes || text.size() - begin > max_bytes)) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the answer is longer than ", max_bytes >> 20, " MiB"));
    }
    if (head && head->length && text.size() - begin >= *head->length) {
      return FetchedPage{head->status, text.substr(begin, *head->length)};
    }
    if (!more) break;
    const absl::StatusOr<bool> received = Receive(fd, text, end);
    if (!received.ok()) return received.status();
    more = *received;
  }
  if (head && !head->length) return FetchedPage{head->status, text.substr(begin)};
  return absl::UnavailableError("the connection was closed before the answer was whole");
}

}  // namespace

absl::StatusOr<FetchedPage> Fetch(const net::Url& url, milliseconds timeout, size_t max_bytes,
                                  const http::ResolverOptions& names) {
  const steady_clock::time_point end = steady_clock::now() + timeout;
  const absl::StatusOr<http::Addresses> addresses = Resolve(url.host, end, names);
  if (!addresses.ok()) return addresses.status();
  const auto socket = ConnectAny(*addresses, url, end);
  if (!socket.ok()) return socket.status();
  const int fd = (*socket)->fd();
  const std::string request =
      absl::StrCat("GET ", url.target, " HTTP/1.1\r\nHost: ", url.HostHeader(),
                   "\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
  if (absl::Status status = SendAll(fd, request, end); !status.ok()) return status;
  return ReadAnswer(fd, end, max_bytes);
}

}  // namespace carillon::admin
