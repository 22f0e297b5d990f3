// An HTTP endpoint for measuring. It answers every POST with 200 and notes how long ago the event's
// `customerid` (monotonic nanoseconds, see publish_bench.cc) was. Paths that begin with /hang are
// never answered. GET /stats tells the latencies since the last /stats.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <unordered_map>

#include "latencies.h"

namespace carillon::bench {
namespace {

constexpr size_t kMostConnections = 8192;
constexpr size_t kMostBytes = 1 << 20;
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

int64_t MonoNanos() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// The digits that follow `name` in `text`; -1 when there are none.
int64_t NumberAfter(std::string_view text, std::string_view name) {
  const size_t at = text.find(name);
  if (at == std::string_view::npos) return -1;
  std::string_view rest = text.substr(at + name.size());
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  int64_t number = -1;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number;
}

/// Answers the whole requests at the front of `input` and removes them; false when the peer is to
/// be cut off. A request that is to hang takes the rest of the connection with it.
class Answerer {
 public:
  bool Take(std::string& input, std::string& output) {
    while (true) {
      const size_t head_end = input.find("\r\n\r\n");
      if (head_end == std::string::npos) return input.size() < kMostBytes;
      const std::string_view head = std::string_view(input).substr(0, head_end);
      int64_t length = NumberAfter(head, "Content-Length:");
      if (length < 0) length = 0;
      const size_t total = head_end + 4 + static_cast<size_t>(length);
      if (total > kMostBytes) return false;
      if (input.size() < total) return true;
      if (head.find(" /hang") != std::string_view::npos) {
        input.clear();
        return true;
      }
      if (head.starts_with("GET /stats")) {
        output += Stats();
      } else {
        Note(std::string_view(input).substr(head_end + 4, static_cast<size_t>(length)));
        output += kOk;
      }
      input.erase(0, total);
    }
  }

 private:
  void Note(std::string_view body) {
    const int64_t due = NumberAfter(body, "\"customerid\":");
    if (due > 0) latencies_.Add((MonoNanos() - due) / 1000);
  }

  std::string Stats() {
    const std::string body = "{" + latencies_.JsonMembers() + "}";
    latencies_.Clear();
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  Latencies latencies_;
};

/// The sockets, on one thread.
class Receiver {
 public:
  /// False when nothing can be listened on.
  bool Listen() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, size) != 0 || listen(listener_, 4096) != 0) return false;
    getsockname(listener_, generic, &size);
    std::cout << "{\"port\":" << ntohs(address.sin_port) << "}" << std::endl;
    return Watch(listener_);
  }

  /// Until a signal ends the process.
  void Run() {
    epoll_event events[256];
    while (true) {
      const int ready = epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listener_) {
          Accept();
        } else if (!Serve(fd)) {
          inputs_.erase(fd);
          close(fd);
        }
      }
    }
  }

 private:
  bool Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
  }

  void Accept() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (inputs_.size() >= kMostConnections || !Watch(fd)) {
        close(fd);
        continue;
      }
      inputs_[fd].clear();
    }
  }

  bool Serve(int fd) {
    char buffer[65536];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    std::string& input = inputs_[fd];
    input.append(buffer, static_cast<size_t>(got));
    std::string output;
    if (!answerer_.Take(input, output)) return false;
    if (output.empty()) return true;
    // Answers are far smaller than a socket's buffer; a peer that does not read is cut off.
    return send(fd, output.data(), output.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(output.size());
  }

  int listener_ = -1;
  int epoll_ = -1;
  std::unordered_map<int, std::string> inputs_;
  Answerer answerer_;
};

}  // namespace
}  // namespace carillon::bench

int main() {
  carillon::bench::Receiver receiver;
  if (!receiver.Listen()) {
    std::cerr << "carillon-bench-receiver: cannot listen on 127.0.0.1\n";
    return 1;
  }
  receiver.Run();
}
