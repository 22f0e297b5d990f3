#include "watched_sockets.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "carillon/base/clock.h"
#include "loopback_pair.h"
#include "watched_socket.h"

namespace carillon::rpc {
namespace {

/// One connection: the client's end, and the server's, which is watched.
class Watched {
 public:
  Watched(WatchedSockets& sockets, const std::string& peer) {
    LoopbackPairs pairs;
    EXPECT_TRUE(pairs.Open().ok());
    const auto pair = pairs.Make();
    EXPECT_TRUE(pair.ok()) << pair.status();
    if (pair.ok()) ends_ = *pair;
    EXPECT_TRUE(sockets.Add(ends_.near, peer));
  }
  ~Watched() {
    for (const int end : {ends_.far, ends_.near}) ::close(end);
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  /// As gRPC does once the client has sent this: what `recvmsg` gives.
  ssize_t Read(std::string_view sent) {
    EXPECT_EQ(::send(ends_.far, sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
    return ReadSent(sent.size());
  }
  /// The same of what was sent before, at most so much.
  ssize_t ReadSent(size_t most) {
    std::string data(most, '\0');
    iovec part{.iov_base = data.data(), .iov_len = data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return WatchedSockets::Find(ends_.near)->Receive(&message, MSG_DONTWAIT);
  }
  int fd() const { return ends_.near; }

 private:
  LoopbackPairs::Pair ends_;
};

/// What a client sends that opens streams, as many as `count` after the first `from`: fewer than
/// 128.
std::string MoreStreams(int from, int count) {
  std::string sent;
  for (int i = from; i < from + count; ++i) {
    sent.append("\0\0\1\1\4\0\0\0", 8);  // HEADERS of one byte, END_HEADERS
    sent += static_cast<char>(2 * i + 1);
    sent += '\x82';
  }
  return sent;
}

/// What a client sends first, that opens so many streams.
std::string Streams(int count) {
  std::string sent = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  sent.append("\0\0\0\4\0\0\0\0\0", 9);  // SETTINGS
  return sent + MoreStreams(0, count);
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

/// There is room for 110 streams: `great` had 100 of them and was closed, `grows` has 40.
class LeavingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sockets_.takes_turns());
    ASSERT_GT(grows_.Read(Streams(40)), 0);
    ASSERT_GT(great_->Read(Streams(50)), 0);
    ASSERT_EQ(great_->Read(MoreStreams(50, 50)), -1);
  }
  static WatchedSockets::Options Options() {
    WatchedSockets::Options options;
    options.max_bytes = 3 * FrameWatch::kConnectionBytes + 110 * FrameWatch::kStreamBytes;
    return options;
  }
  ~LeavingTest() override { ::close(epoll_); }
  /// It sends more, and that is not read.
  void GrowsPauses() {
    epoll_event edge{.events = EPOLLIN | EPOLLET, .data = {}};
    ASSERT_EQ(::epoll_ctl(epoll_, EPOLL_CTL_ADD, grows_.fd(), &edge), 0);
    ASSERT_EQ(grows_.Read(MoreStreams(40, 1)), -1);
    ASSERT_EQ(errno, EAGAIN);
    ASSERT_TRUE(Reported());
  }
  /// Whether `grows` is reported to have something to read, since it was asked last.
  bool Reported() {
    epoll_event event{};
    return ::epoll_wait(epoll_, &event, 1, 0) == 1;
  }

  const base::SystemClock clock_;
  WatchedSockets sockets_{Options(), clock_};
  std::optional<Watched> great_{std::in_place, sockets_, "great"};
  Watched grows_{sockets_, "grows"};
  Watched small_{sockets_, "small"};
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
};

TEST_F(LeavingTest, OneThatHoldsMuchPausesUntilWhatWasClosedIsGone) {
  EXPECT_LT(sockets_.cost(), Options().max_bytes);
  EXPECT_GT(sockets_.memory(), Options().max_bytes);
  GrowsPauses();
  EXPECT_GT(small_.Read(Streams(1)), 0) << "it holds little";
  EXPECT_FALSE(Reported());
  great_.reset();
  EXPECT_EQ(sockets_.memory(), sockets_.cost());
  EXPECT_TRUE(Reported());
  EXPECT_GT(grows_.ReadSent(100), 0);
}

TEST_F(LeavingTest, IsWaitedForNoLongerAtTheSecondLook) {
  GrowsPauses();
  EXPECT_FALSE(Reported());
  sockets_.Look();
  EXPECT_FALSE(Reported());
  EXPECT_EQ(grows_.ReadSent(100), -1);
  sockets_.Look();
  EXPECT_EQ(sockets_.memory(), sockets_.cost());
  EXPECT_TRUE(Reported());
  EXPECT_GT(grows_.ReadSent(100), 0);
}

}  // namespace
}  // namespace carillon::rpc
