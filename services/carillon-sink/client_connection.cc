#include "client_connection.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "control.h"
#include "sink.h"

namespace carillon::sink {
namespace {

namespace asio = boost::asio;
using Kind = Behavior::Kind;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <typename T>
using CoroutineOf = asio::awaitable<T, Executor>;

constexpr std::chrono::milliseconds kDripInterval{100};

/// Counts a request as in flight for as long as it lives.
class InFlight {
 public:
  InFlight(Stats& stats, std::string key)
      : stats_(stats), key_(std::move(key)), generation_(stats.generation()) {}
  ~InFlight() { stats_.End(key_, generation_); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  const std::string& key() const { return key_; }

 private:
  Stats& stats_;
  std::string key_;
  uint64_t generation_;
};

std::string Answer(int status, std::string_view content_type, std::string_view body,
                   std::string_view extra = {}) {
  std::string out = absl::StrCat("HTTP/1.1 ", status, status < 300 ? " OK\r\n" : " -\r\n");
  out.append(extra);
  if (status == 204 || status == 304) return out += "\r\n";
  absl::StrAppend(&out, "Content-Type: ");
  out.append(content_type);
  absl::StrAppend(&out, "\r\nContent-Length: ", body.size(), "\r\n\r\n");
  return out.append(body);
}

std::string PlainAnswer(int status, std::string_view extra = {}) {
  return Answer(status, "text/plain", status < 300 ? "ok\n" : "no\n", extra);
}

/// The bytes that answer at once; the behaviors that go on for longer have none.
std::string ReadyAnswer(const Behavior& behavior, int status) {
  switch (behavior.kind) {
    case Kind::kRedirect:
      return PlainAnswer(302, "Location: /ok\r\n");
    case Kind::kRetryAfter:
      return PlainAnswer(429, absl::StrCat("Retry-After: ", behavior.count, "\r\n"));
    case Kind::kGarbage:
      return "220 this is not HTTP\r\n\r\n";
    case Kind::kShortBody:
      return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort";
    case Kind::kHugeHead:
      return PlainAnswer(status, absl::StrCat("X-Huge: ", std::string(64 * 1024, 'h'), "\r\n"));
    case Kind::kHugeBody:
      return Answer(status, "text/plain", std::string(1 << 20, 'b'));
    default:
      return PlainAnswer(status);
  }
}

/// Status of the answer that will be given; 0 where none comes.
int StatusOf(const Behavior& behavior, int attempt) {
  switch (behavior.kind) {
    case Kind::kFlaky:
      return attempt < behavior.count ? 503 : behavior.status;
    case Kind::kHang:
    case Kind::kDrip:
    case Kind::kReset:
    case Kind::kClose:
    case Kind::kGarbage:
      return 0;
    default:
      return behavior.status;
  }
}

CoroutineOf<bool> Write(Socket& socket, std::string_view bytes) {
  boost::system::error_code ec;
  co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(kUseCoroutine, ec));
  co_return !ec;
}

Coroutine Pause(Socket& socket, std::chrono::milliseconds time) {
  Timer timer(socket.get_executor(), time);
  boost::system::error_code ec;
  co_await timer.async_wait(asio::redirect_error(kUseCoroutine, ec));
}

/// Takes and drops what comes until the peer has had enough.
Coroutine Hang(Socket& socket) {
  char drop[4096];
  boost::system::error_code ec;
  while (!ec) {
    co_await socket.async_read_some(asio::buffer(drop), asio::redirect_error(kUseCoroutine, ec));
  }
}

/// Writes `start`, then `piece` again and again, every `interval`, until the peer has had enough.
Coroutine Repeat(Socket& socket, std::string start, std::string piece,
                 std::chrono::milliseconds interval) {
  bool open = co_await Write(socket, start);
  while (open) {
    if (interval.count() > 0) co_await Pause(socket, interval);
    open = co_await Write(socket, piece);
  }
}

void Reset(Socket& socket) {
  boost::system::error_code ec;
  socket.set_option(asio::socket_base::linger(true, 0), ec);
  socket.close(ec);
}

/// Answers, or misbehaves. False: the connection is not used any more.
CoroutineOf<bool> Treat(Socket& socket, const Behavior& behavior, int status) {
  static constexpr char kEndlessHead[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n";
  switch (behavior.kind) {
    case Kind::kHang:
      co_await Hang(socket);
      co_return false;
    case Kind::kDrip:
      co_await Repeat(socket, "HTTP/1.1 200 OK\r\nX-Drip: ", "d", kDripInterval);
      co_return false;
    case Kind::kDripBody:
      co_await Repeat(socket, kEndlessHead, "d", kDripInterval);
      co_return false;
    case Kind::kEndless:
      co_await Repeat(socket, kEndlessHead, std::string(64 * 1024, 'e'), {});
      co_return false;
    case Kind::kReset:
      Reset(socket);
      co_return false;
    case Kind::kClose:
      co_return false;
    default:
      break;
  }
  if (behavior.delay.count() > 0) co_await Pause(socket, behavior.delay);
  const std::string answer = ReadyAnswer(behavior, status);
  const bool written = co_await Write(socket, answer);
  co_return written&& behavior.kind != Kind::kGarbage&& behavior.kind != Kind::kShortBody;
}

/// Records one request and treats it. False: the connection is not used any more.
CoroutineOf<bool> ServeRequest(Socket& socket, uint64_t number, const HttpRequest& request,
                               Sink& sink) {
  if (request.target.starts_with("/_")) {
    const ControlReply reply = HandleControl(request.method, request.target, sink);
    const std::string answer = Answer(reply.status, "application/json", reply.body);
    const bool written = co_await Write(socket, answer);
    co_return written;
  }
  const Behavior behavior = sink.BehaviorFor(request.target);
  const Verdict verdict = sink.Check(request);
  const std::string id(request.Header("webhook-id"));
  const InFlight in_flight(sink.stats(), std::string(sink.stats().KeyFor(request.target)));
  const int attempt = sink.stats().Begin(in_flight.key(), id, verdict);
  const int status = StatusOf(behavior, attempt);
  sink.stats().Answered(in_flight.key(), id, status);
  sink.recorder().Write({.request = request,
                         .received = sink.clock().Wall(),
                         .connection = number,
                         .verdict = verdict,
                         .status = status});
  const bool usable = co_await Treat(socket, behavior, status);
  sink.expected().Answered(id, verdict, status);
  co_return usable;
}

/// Reads until the buffer holds a request. False: it ended, or what came was no request.
CoroutineOf<bool> ReadWhole(Socket& socket, std::string& buffer, HttpRequest& request, Sink& sink) {
  for (;;) {
    const ReadResult result = ReadRequest(buffer, sink.options().bounds, request);
    if (result.state == ReadResult::State::kComplete) co_return true;
    if (result.state == ReadResult::State::kBad) {
      sink.stats().CountBad();
      const std::string answer =
          Answer(result.status, "text/plain", result.reason, "Connection: close\r\n");
      co_await Write(socket, answer);
      co_return false;
    }
    // The rest of a long body is read without looking at the head again for each piece of it.
    const size_t before = buffer.size();
    const size_t missing = result.want_bytes > before ? result.want_bytes - before : 0;
    buffer.resize(before + (missing > 4096 ? missing : 4096));
    size_t got = 0;
    boost::system::error_code ec;
    do {
      got += co_await socket.async_read_some(
          asio::buffer(buffer.data() + before + got, buffer.size() - before - got),
          asio::redirect_error(kUseCoroutine, ec));
    } while (!ec && got < missing);
    buffer.resize(before + got);
    if (ec) co_return false;
  }
}

}  // namespace

Coroutine ServeConnection(Socket socket, uint64_t number, Sink& sink) {
  sink.stats().Connected();
  std::string buffer;
  HttpRequest request;
  bool usable = true;
  while (usable) {
    usable = co_await ReadWhole(socket, buffer, request, sink);
    if (!usable) break;
    usable = co_await ServeRequest(socket, number, request, sink);
    usable = usable && request.keep_alive;
    buffer.erase(0, request.bytes);
  }
  sink.stats().Disconnected();
}

}  // namespace carillon::sink
