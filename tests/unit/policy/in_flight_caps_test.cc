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
