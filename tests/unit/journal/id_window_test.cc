#include "id_window.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <deque>
#include <random>
#include <string>

namespace carillon::journal {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

base::WallTime At(int64_t s) { return base::WallTime(seconds(s)); }

TEST(IdHash, IsSipHashAsOpenSslKnowsIt) {
  HashKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  ASSERT_NE(mac, nullptr);
  for (size_t length = 0; length < 70; ++length) {
    const std::string text = std::string(length, 'x') + (length % 3 ? "\xFF" : "");
    IdHash expected;
    size_t size = 0;
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
    EVP_MAC_init(context, key.data(), key.size(), nullptr);
    EVP_MAC_update(context, reinterpret_cast<const uint8_t*>(text.data()), text.size());
    EVP_MAC_final(context, reinterpret_cast<uint8_t*>(&expected), &size, sizeof(expected));
    EVP_MAC_CTX_free(context);
    ASSERT_EQ(size, 16u);
    EXPECT_EQ(SipHash128(key, text), expected) << length;
  }
  EVP_MAC_free(mac);
}

TEST(IdHash, TellsTenantsAndIdsApart) {
  const HashKey key{1};
  EXPECT_NE(HashId(key, "ab", "c"), HashId(key, "a", "bc"));
  EXPECT_NE(HashId(key, "a", "c"), HashId(HashKey{2}, "a", "c"));
  EXPECT_EQ(HashId(key, std::string(600, 'a'), "c"), HashId(key, std::string(600, 'a'), "c"));
  EXPECT_EQ(HashId(key, "a", ""), IdHash{});
}

TEST(IdWindow, FindsTheFirstPosition) {
  IdWindow window(100, hours(1));
  window.Add({1, 1}, 41, At(0));
  window.Add({2, 1}, 42, At(0));
  EXPECT_EQ(window.Find({2, 1}), 42u);
  EXPECT_FALSE(window.Find({2, 2}).has_value());
  EXPECT_EQ(window.front(), 41u);
}

TEST(IdWindow, EmptyIdsTakeAPlaceAndAreNeverFound) {
  IdWindow window(100, hours(1));
  window.Add({}, 1, At(0));
  window.Add({5, 5}, 2, At(0));
  EXPECT_FALSE(window.Find({}).has_value());
  EXPECT_EQ(window.Find({5, 5}), 2u);
  window.Trim(At(7201));
  EXPECT_EQ(window.size(), 0u);
}

TEST(IdWindow, EndsByAge) {
  IdWindow window(100, seconds(60));
  window.Add({1, 0}, 1, At(0));
  window.Add({2, 0}, 2, At(30));
  window.Trim(At(60));
  EXPECT_TRUE(window.Find({1, 0}).has_value());
  window.Trim(At(61));
  EXPECT_FALSE(window.Find({1, 0}).has_value());
  EXPECT_EQ(window.Find({2, 0}), 2u);
  EXPECT_EQ(window.front(), 2u);
}

TEST(IdWindow, AGapStartsAnew) {
  IdWindow window(100, hours(1));
  window.Add({1, 0}, 1, At(0));
  window.Add({2, 0}, 9, At(0));
  EXPECT_FALSE(window.Find({1, 0}).has_value());
  EXPECT_EQ(window.Find({2, 0}), 9u);
}

TEST(IdWindow, TrimmingIsBounded) {
  IdWindow window(10, hours(1));
  for (uint64_t i = 1; i <= 100; ++i) window.Add({i, 0}, i, At(0));
  window.Trim(At(0), 40);
  EXPECT_EQ(window.size(), 60u);
  window.Trim(At(0));
  EXPECT_EQ(window.size(), 10u);
}

TEST(IdWindow, WhatWasRefusedLeavesNothing) {
  IdWindow window(100'000, seconds(60));
  window.Add({1, 0}, 1, At(0));
  const size_t slots = window.slots();
  for (uint64_t round = 0; round < 100; ++round) {
    for (uint64_t i = 0; i < 100; ++i) window.Add({1000 * round + i, 1}, 2 + i, At(10));
    window.RemoveFrom(2);
  }
  EXPECT_EQ(window.slots(), slots);
  window.Add({2, 0}, 2, At(20));
  window.Trim(At(75));
  EXPECT_FALSE(window.Find({1, 0}).has_value());
  EXPECT_EQ(window.Find({2, 0}), 2u) << "it is younger than what was refused before it";
  window.Trim(At(81));
  EXPECT_EQ(window.size(), 0u);
}

/// The same as a list would answer, over many steps; home slots collide all the time.
TEST(IdWindow, AgreesWithAPlainList) {
  constexpr uint64_t kSeed = 99;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  IdWindow window(3000, hours(1));
  std::deque<IdHash> list;
  uint64_t front = 1;
  for (int step = 0; step < 40'000; ++step) {
    const uint64_t next = front + list.size();
    const IdHash hash{(random() % 64) | (static_cast<uint64_t>(step) << 32), random()};
    window.Add(hash, next, At(step / 100));
    list.push_back(hash);
    if (random() % 50 == 0) {
      const uint64_t back = next - random() % std::min<uint64_t>(list.size(), 20);
      window.RemoveFrom(back);
      while (front + list.size() > back) list.pop_back();
    }
    window.Trim(At(step / 100));
    while (list.size() > 3000) {
      list.pop_front();
      ++front;
    }
    if (step % 97 != 0 || list.empty()) continue;
    ASSERT_EQ(window.size(), list.size());
    const size_t place = random() % list.size();
    ASSERT_EQ(window.Find(list[place]), front + place) << step;
    ASSERT_FALSE(window.Find({list[place].low, list[place].high + 1}).has_value());
  }
}

}  // namespace
}  // namespace carillon::journal
