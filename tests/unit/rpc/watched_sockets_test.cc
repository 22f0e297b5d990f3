#include "watched_sockets.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "carillon/base/clock.h"
#include "watched_socket.h"

namespace carillon::rpc {
namespace {

/// One connection: the client's end, and the server's, which is watched.
class Watched {
 public:
  Watched(WatchedSockets& sockets, const std::string& peer) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0);
    EXPECT_TRUE(sockets.Add(ends_[1], peer));
  }
  ~Watched() {
    for (const int end : ends_) ::close(end);
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  /// As gRPC does once the client has sent this: what `recvmsg` gives.
  ssize_t Read(std::string_view sent) {
    EXPECT_EQ(::send(ends_[0], sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
    std::string data(sent.size(), '\0');
    iovec part{.iov_base = data.data(), .iov_len = data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return WatchedSockets::Find(ends_[1])->Receive(&message, 0);
  }

 private:
  std::array<int, 2> ends_{};
};

/// What a client sends that opens so many streams.
std::string Streams(int count) {
  std::string sent = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  sent.append("\0\0\0\4\0\0\0\0\0", 9);  // SETTINGS
  for (int i = 0; i < count; ++i) {
    sent.append("\0\0\1\1\4\0\0\0", 8);  // HEADERS of one byte, END_HEADERS
    sent += static_cast<char>(2 * i + 1);
    sent += '\x82';
  }
  return sent;
}

TEST(WatchedSockets, OneThatGrowsWhileTheGreatestIsClosedStays) {
  absl::Notification held;
  absl::Notification go_on;
  std::vector<std::string> closed;
  WatchedSockets::Options options;
  options.max_bytes = 3 * FrameWatch::kConnectionBytes + 20 * FrameWatch::kStreamBytes;
  options.on_close = [&](CloseReason reason, FrameWatch::Verdict, std::string_view peer) {
    closed.emplace_back(peer);
    if (reason != CloseReason::kFlood) return;
    held.Notify();
    go_on.WaitForNotification();
  };
  const base::SystemClock clock;
  WatchedSockets sockets(options, clock);
  Watched flood(sockets, "flood");
  Watched great(sockets, "great");
  Watched small(sockets, "small");
  // Whoever wants to close one has to wait for the end of this.
  std::thread floods([&] { EXPECT_EQ(flood.Read(std::string(64, 'x')), -1); });
  held.WaitForNotification();
  const size_t before = sockets.cost();
  std::thread grows([&] { EXPECT_EQ(great.Read(Streams(40)), -1); });
  const auto wait_for = [&](size_t streams) {
    while (sockets.cost() < before + streams * FrameWatch::kStreamBytes) std::this_thread::yield();
  };
  wait_for(40);
  const std::string sent = Streams(1);
  std::thread beside([&] { EXPECT_EQ(small.Read(sent), static_cast<ssize_t>(sent.size())); });
  wait_for(41);
  go_on.Notify();
  floods.join();
  grows.join();
  beside.join();
  EXPECT_EQ(closed, (std::vector<std::string>{"flood", "great"}));
}

}  // namespace
}  // namespace carillon::rpc
