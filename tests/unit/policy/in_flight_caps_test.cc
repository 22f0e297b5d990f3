#include "carillon/policy/in_flight_caps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "carillon/policy/caps_within.h"

namespace carillon::policy {
namespace {

TEST(InFlightCaps, OneTenantHasItsCap) {
  InFlightCaps caps(10, 3);
  const auto a = caps.TenantOf("a");
  const auto b = caps.TenantOf("b");
  EXPECT_EQ(caps.TenantOf("a"), a);
  EXPECT_NE(a, b);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(caps.TryStart(*a));
  EXPECT_FALSE(caps.TryStart(*a));
  EXPECT_TRUE(caps.TryStart(*b));
  EXPECT_EQ(a->in_flight(), 3u);
  EXPECT_EQ(caps.in_flight(), 4u);
}

TEST(InFlightCaps, NothingOfOneThatIsStoppedStarts) {
  InFlightCaps caps(10, 3);
  const auto a = caps.TenantOf("a");
  ASSERT_TRUE(caps.TryStart(*a));
  caps.SetBounds("a", {.stopped = true});
  EXPECT_FALSE(caps.TryStart(*a));
  EXPECT_EQ(caps.Room(*a), 0u);
  EXPECT_EQ(caps.Room(*a, base::MonoTime{}), 0u);
  caps.Finish(*a);
  EXPECT_EQ(caps.in_flight(), 0u);
  caps.SetBounds("b", {.stopped = true});  // before anybody holds it
  EXPECT_FALSE(caps.TryStart(*caps.TenantOf("b")));
  caps.SetBounds("a", {});
  EXPECT_TRUE(caps.TryStart(*a));
}

TEST(InFlightCaps, AWeightIsTheTenantsOwnOrThatOfAll) {
  InFlightCaps caps(10, 3);
  const auto a = caps.TenantOf("a");
  EXPECT_EQ(caps.WeightOf(*a), 1u);
  caps.SetWeight(5);
  EXPECT_EQ(caps.WeightOf(*a), 5u);
  caps.SetBounds("a", {.weight = 2});
  EXPECT_EQ(caps.WeightOf(*a), 2u);
}

TEST(InFlightCaps, AllHaveOne) {
  InFlightCaps caps(4, 3);
  const auto a = caps.TenantOf("a");
  const auto b = caps.TenantOf("b");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(caps.TryStart(*a));
  EXPECT_TRUE(caps.TryStart(*b));
  EXPECT_FALSE(caps.TryStart(*b));
  EXPECT_EQ(b->in_flight(), 1u) << "a refusal takes nothing";
  caps.Finish(*a);
  EXPECT_TRUE(caps.TryStart(*b));
  EXPECT_EQ(caps.in_flight(), 4u);
}

TEST(InFlightCaps, ALoweredCapHoldsFromThenOn) {
  InFlightCaps caps(10, 10);
  const auto a = caps.TenantOf("a");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(caps.TryStart(*a));
  caps.SetCaps(10, 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(caps.TryStart(*a));
    caps.Finish(*a);
  }
  EXPECT_FALSE(caps.TryStart(*a));
  caps.SetCaps(6, 10);
  EXPECT_TRUE(caps.TryStart(*a));
  EXPECT_FALSE(caps.TryStart(*a));
}

TEST(InFlightCaps, ATenantThatNobodyHoldsIsForgotten) {
  InFlightCaps caps(1000, 1);
  for (int i = 0; i < 10'000; ++i) caps.TenantOf("t" + std::to_string(i));
  EXPECT_LT(caps.known_tenants(), 200u);
}

/// Threads that start and finish as fast as they can, and count for themselves.
TEST(InFlightCaps, ThreadsNeverExceedThem) {
  constexpr uint32_t kInAll = 5;
  constexpr uint32_t kPerTenant = 3;
  InFlightCaps caps(kInAll, kPerTenant);
  std::array<std::atomic<uint32_t>, 3> of_tenant{};
  std::atomic<uint32_t> in_all{0};
  std::atomic<uint32_t> most_of_tenant{0};
  std::atomic<uint32_t> most_in_all{0};
  const auto raise = [](std::atomic<uint32_t>& most, uint32_t value) {
    uint32_t seen = most.load();
    while (seen < value && !most.compare_exchange_weak(seen, value)) {
    }
  };
  const auto finish = [&](std::vector<size_t>& mine) {
    for (const size_t index : mine) {
      --of_tenant[index];
      --in_all;
      caps.Finish(*caps.TenantOf(std::to_string(index)));
    }
    mine.clear();
  };
  const auto work = [&](size_t thread) {
    std::vector<size_t> mine;
    for (size_t i = 0; i < 50'000; ++i) {
      const size_t index = (thread + i / 7) % of_tenant.size();
      const auto tenant = caps.TenantOf(std::to_string(index));
      if (caps.TryStart(*tenant)) {
        raise(most_of_tenant, ++of_tenant[index]);
        raise(most_in_all, ++in_all);
        mine.push_back(index);
      }
      if (mine.size() == 3 || i % 3 == 0) finish(mine);
    }
    finish(mine);
  };
  const std::array held = {caps.TenantOf("0"), caps.TenantOf("1"), caps.TenantOf("2")};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most_of_tenant.load(), kPerTenant);
  EXPECT_LE(most_in_all.load(), kInAll);
  EXPECT_GE(most_in_all.load(), kPerTenant);
  EXPECT_EQ(caps.in_flight(), 0u);
  for (const auto& tenant : held) EXPECT_EQ(tenant->in_flight(), 0u);
}

TEST(InFlightCaps, ATenantHasItsOwnCapWhoeverHoldsIt) {
  InFlightCaps caps(100, 5);
  caps.SetBounds("a", {.in_flight = 2});
  const auto a = caps.TenantOf("a");
  const auto b = caps.TenantOf("b");
  EXPECT_EQ(caps.Room(*a), 2u);
  EXPECT_EQ(caps.Room(*b), 5u);
  EXPECT_TRUE(caps.TryStart(*a));
  EXPECT_TRUE(caps.TryStart(*a));
  EXPECT_FALSE(caps.TryStart(*a));
  caps.SetBounds("a", {.in_flight = 3});
  EXPECT_TRUE(caps.TryStart(*a));
  caps.SetBounds("a", {});
  EXPECT_TRUE(caps.TryStart(*a)) << "as each again";
}

TEST(InFlightCaps, SoManyOfATenantStartInASecond) {
  constexpr base::MonoTime kBegin(std::chrono::hours(1));
  InFlightCaps caps(1000, 1000);
  caps.SetBounds("a", {.per_second = 10});
  const auto a = caps.TenantOf("a");
  const auto b = caps.TenantOf("b");
  int started = 0;
  for (base::MonoTime now = kBegin; now < kBegin + std::chrono::seconds(10);
       now += std::chrono::milliseconds(1)) {
    const bool has_room = caps.Room(*a, now) > 0;
    const bool starts = caps.TryStart(*a, now);
    EXPECT_EQ(starts, has_room);
    if (starts) ++started;
    if (starts) caps.Finish(*a);
    EXPECT_TRUE(caps.TryStart(*b, now));
    caps.Finish(*b);
  }
  EXPECT_NEAR(started, 109, 2) << "ten at once, then ten a second";
  EXPECT_EQ(caps.in_flight(), 0u) << "what is refused takes no place";
}

TEST(InFlightCaps, ARateThatIsRaisedIsNotWaitedFor) {
  constexpr base::MonoTime kBegin(std::chrono::hours(1));
  InFlightCaps caps(1000, 1000);
  caps.SetRate(0.01);
  const auto a = caps.TenantOf("a");
  EXPECT_TRUE(caps.TryStart(*a, kBegin));
  EXPECT_FALSE(caps.TryStart(*a, kBegin + std::chrono::seconds(50)));
  caps.SetRate(100);
  EXPECT_EQ(caps.Room(*a, kBegin + std::chrono::seconds(50)), 100u);
  EXPECT_TRUE(caps.TryStart(*a, kBegin + std::chrono::seconds(50)));
  caps.SetBounds("a", {.per_second = 0.01});
  EXPECT_TRUE(caps.TryStart(*a, kBegin + std::chrono::seconds(51)));
  EXPECT_FALSE(caps.TryStart(*a, kBegin + std::chrono::seconds(52)));
  caps.SetBounds("a", {});
  EXPECT_TRUE(caps.TryStart(*a, kBegin + std::chrono::seconds(52)));
  caps.SetRate(0);
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(caps.TryStart(*a, kBegin));
}

TEST(InFlightCaps, FewerPlacesKeepTheTenantsPart) {
  EXPECT_EQ(CapsWithin({4096, 1024}, 5000), (Caps{4096, 1024}));
  EXPECT_EQ(CapsWithin({4096, 1024}, 4096), (Caps{4096, 1024}));
  EXPECT_EQ(CapsWithin({4096, 1024}, 640), (Caps{640, 160}));
  EXPECT_EQ(CapsWithin({4096, 4096}, 8), (Caps{8, 8}));
  EXPECT_EQ(CapsWithin({65'536, 65'536}, 1), (Caps{1, 1}));
  EXPECT_EQ(CapsWithin({4096, 1}, 8), (Caps{8, 1}));
}

}  // namespace
}  // namespace carillon::policy
