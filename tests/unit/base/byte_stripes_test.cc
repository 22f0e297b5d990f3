#include "carillon/base/byte_stripes.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace carillon::base {
namespace {

bool Add(ByteStripes& stripes, uint32_t shard, const std::string& text) {
  return stripes.Add(shard, text.size(), [&text](std::string& bytes) { bytes += text; });
}

std::string All(const ByteStripes::Batches& batches) {
  std::string all;
  for (const std::string& batch : batches) all += batch;
  return all;
}

TEST(ByteStripesTest, WhatOneShardAddsStaysInOrder) {
  ByteStripes stripes(1 << 20);
  EXPECT_TRUE(Add(stripes, 3, "a"));
  EXPECT_TRUE(Add(stripes, 4, "x"));
  EXPECT_TRUE(Add(stripes, 3, "b"));
  EXPECT_TRUE(Add(stripes, 3 + ByteStripes::kStripes, "c"));
  ByteStripes::Batches batches;
  batches[0] = "left over";
  stripes.Take(batches);
  EXPECT_EQ(batches[3], "abc");
  EXPECT_EQ(batches[4], "x");
  EXPECT_EQ(All(batches), "abcx");
  stripes.Take(batches);
  EXPECT_EQ(All(batches), "");
}

TEST(ByteStripesTest, AllTogetherHaveOneBound) {
  constexpr size_t kBytes = 100'000;
  const std::string piece(100, 'p');
  for (const uint32_t shards : {1u, 3u, 8u}) {
    ByteStripes stripes(kBytes);
    ByteStripes::Batches batches;
    for (int round = 0; round < 3; ++round) {
      size_t added = 0;
      for (uint32_t i = 0; i < 3000; ++i) added += Add(stripes, i % shards, piece) ? 1 : 0;
      // Each may have taken a step more of the bound than it needed.
      EXPECT_LE(added * piece.size(), kBytes);
      EXPECT_GE(added * piece.size(), kBytes - shards * (kBytes / 64));
      EXPECT_EQ(stripes.dropped(), (round + 1) * uint64_t{3000 - added});
      stripes.Take(batches);
      EXPECT_EQ(All(batches).size(), added * piece.size());
    }
  }
}

TEST(ByteStripesTest, APieceMayTakeAllThereIsAndNoMore) {
  ByteStripes stripes(1000);
  EXPECT_FALSE(Add(stripes, 0, std::string(1001, 'p')));
  EXPECT_TRUE(Add(stripes, 1, std::string(999, 'p')));
  EXPECT_FALSE(Add(stripes, 2, "pp"));
  EXPECT_TRUE(Add(stripes, 2, "p"));
  EXPECT_EQ(stripes.dropped(), 2u);
}

TEST(ByteStripesTest, ManyThreadsAddWhileOneTakes) {
  constexpr int kThreads = 4, kEach = 20'000;
  ByteStripes stripes(64 << 10);
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&stripes, i] {
      for (int n = 0; n < kEach; ++n) Add(stripes, i, "12345678");
    });
  }
  size_t taken = 0;
  ByteStripes::Batches batches;
  const auto take = [&] {
    stripes.Take(batches);
    EXPECT_LE(All(batches).size(), size_t{64 << 10});
    taken += All(batches).size();
  };
  for (int i = 0; i < 100; ++i) take();
  for (std::thread& thread : threads) thread.join();
  take();
  EXPECT_EQ(taken / 8 + stripes.dropped(), uint64_t{kThreads} * kEach);
}

}  // namespace
}  // namespace carillon::base
