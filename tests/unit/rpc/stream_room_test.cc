#include "stream_room.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace carillon::rpc {
namespace {

TEST(StreamRoom, IsBoundedInAllAndByPeer) {
  StreamRoom room(3, 2);
  EXPECT_TRUE(room.Enter("a"));
  EXPECT_TRUE(room.Enter("a"));
  EXPECT_FALSE(room.Enter("a")) << "two of one peer";
  EXPECT_TRUE(room.Enter("b"));
  EXPECT_FALSE(room.Enter("b")) << "three in all";
  EXPECT_FALSE(room.Enter("c"));
}

TEST(StreamRoom, WhoLeavesMakesRoom) {
  StreamRoom room(2, 1);
  EXPECT_TRUE(room.Enter("a"));
  EXPECT_TRUE(room.Enter("b"));
  EXPECT_FALSE(room.Enter("c"));
  room.Leave("a");
  EXPECT_TRUE(room.Enter("c"));
  EXPECT_FALSE(room.Enter("a"));
  room.Leave("b");
  room.Leave("c");
  EXPECT_TRUE(room.Enter("a"));
  EXPECT_FALSE(room.Enter("a"));
}

TEST(StreamRoom, WhoWasRefusedTakesNoRoom) {
  StreamRoom room(2, 1);
  EXPECT_TRUE(room.Enter("a"));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(room.Enter("a"));
  EXPECT_TRUE(room.Enter("b"));
  room.Leave("a");
  EXPECT_TRUE(room.Enter("a"));
}

TEST(StreamRoom, ThreadsNeverHaveMoreThanThereIs) {
  constexpr int kMost = 5;
  StreamRoom room(kMost, 3);
  std::atomic<int> inside{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&, peer = std::string(1, static_cast<char>('a' + n % 2))] {
      for (int i = 0; i < 5'000; ++i) {
        int mine = 0;
        while (mine < 3 && room.Enter(peer)) ++mine;
        if (inside.fetch_add(mine) + mine > kMost) over = true;
        inside.fetch_sub(mine);
        for (; mine > 0; --mine) room.Leave(peer);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(over);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(room.Enter("a"));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(room.Enter("b"));
  EXPECT_FALSE(room.Enter("b"));
}

TEST(PeerHost, IsThePeerWithoutItsPort) {
  EXPECT_EQ(PeerHost("ipv4:127.0.0.1:4711"), "ipv4:127.0.0.1");
  EXPECT_EQ(PeerHost("ipv6:[::1]:4711"), "ipv6:[::1]");
  EXPECT_EQ(PeerHost(""), "");
}

}  // namespace
}  // namespace carillon::rpc
