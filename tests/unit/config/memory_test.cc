#include "memory.h"

#include <string>
#include <thread>

#include "fixtures.h"

namespace carillon::config {
namespace {

constexpr uint64_t kMiB = 1ull << 20;

Config Within(uint64_t memory_mib, std::string_view yaml = "delivery: {threads: 2}",
              std::optional<double> cores = std::nullopt) {
  base::ContainerLimits limits;
  if (memory_mib > 0) limits.memory_bytes = memory_mib * kMiB;
  limits.cores = cores;
  const auto config = ParseConfig(yaml, Secrets::kRead, {.variable = nullptr, .limits = limits});
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << yaml;
  return config.ok() ? *config : Config();
}

TEST(MemoryWithin, WithoutALimitDefaultsStay) {
  const Config config = Within(0);
  EXPECT_EQ(config.server.max_waiting_bytes(), 64 * kMiB);
  EXPECT_EQ(config.server.max_publish_memory_bytes(), 128 * kMiB);
  EXPECT_EQ(config.delivery.max_memory_bytes(), 64 * kMiB);
  EXPECT_EQ(config.journal.deduplication_ids(), 4'000'000u);
  EXPECT_EQ(config.limits.max_in_flight(), 4096u);
}

TEST(MemoryWithin, AnAmpleLimitChangesNothing) {
  const Config free = Within(0);
  const Config ample = Within(2048);
  EXPECT_EQ(MemoryBounds(ample), MemoryBounds(free));
  EXPECT_EQ(ample.limits.SerializeAsString(), free.limits.SerializeAsString());
}

TEST(MemoryWithin, BoundsFitEveryLimit) {
  for (const uint64_t mib : {256, 300, 384, 512, 700, 1024, 1500, 4096, 65'536}) {
    for (const int threads : {1, 2, 8}) {
      const Config config = Within(mib, "delivery: {threads: " + std::to_string(threads) + "}");
      EXPECT_LE(MemoryBounds(config), mib * kMiB / 4 * 3) << mib << " MiB, " << threads;
      EXPECT_GE(config.server.max_waiting_bytes(), config.server.max_message_bytes());
      EXPECT_LE(config.limits.tenant_defaults().max_in_flight(), config.limits.max_in_flight());
    }
  }
}

TEST(MemoryWithin, TheLeastIsStillValid) {
  const Config config = Within(16);
  EXPECT_EQ(config.server.max_publish_memory_bytes(), 64 * kMiB);
  EXPECT_EQ(config.server.max_waiting_bytes(), 16 * kMiB);
  EXPECT_EQ(config.delivery.max_memory_bytes(), 4 * kMiB);
  EXPECT_EQ(config.journal.deduplication_ids(), 100'000u);
  EXPECT_EQ(config.limits.max_in_flight(), 128u);
  EXPECT_EQ(Within(4).limits.max_in_flight(), 64u);  // no fewer, however small the memory
  EXPECT_EQ(Within(4).limits.tenant_defaults().max_in_flight(), 64u);
}

TEST(MemoryWithin, BoundsAreTheSumOfEveryPart) {
  const auto sum = [](const std::string& threads_and_ids) {
    return MemoryBounds(
        Within(0, "server: {max_waiting_bytes: 70MiB, max_publish_memory_bytes: 300MiB}\n" +
                      threads_and_ids));
  };
  const uint64_t one =
      sum("delivery: {threads: 1, max_memory_bytes: 10MiB}\n"
          "journal: {deduplication_ids: 100000}");
  EXPECT_EQ(one, 380 * kMiB + 100'000u * 38);
  EXPECT_EQ(sum("delivery: {threads: 3, max_memory_bytes: 10MiB}\n"
                "journal: {deduplication_ids: 100000}"),
            one + 20 * kMiB);
  EXPECT_EQ(sum("delivery: {threads: 1, max_memory_bytes: 10MiB}\n"
                "journal: {deduplication_ids: 2000000}"),
            one + 1'900'000u * 38);
}

TEST(MemoryWithin, WhatIsGivenStays) {
  const Config config =
      Within(256,
             "server: {max_waiting_bytes: 100MiB, max_publish_memory_bytes: "
             "200MiB}\n"
             "delivery: {threads: 3, max_memory_bytes: 50MiB}\n"
             "journal: {deduplication_ids: 3000000}\n"
             "limits: {max_in_flight: 4000, tenant_defaults: {max_in_flight: 900}}\n",
             1.0);
  EXPECT_EQ(config.server.max_waiting_bytes(), 100 * kMiB);
  EXPECT_EQ(config.server.max_publish_memory_bytes(), 200 * kMiB);
  EXPECT_EQ(config.delivery.threads(), 3u);
  EXPECT_EQ(config.delivery.max_memory_bytes(), 50 * kMiB);
  EXPECT_EQ(config.journal.deduplication_ids(), 3'000'000u);
  EXPECT_EQ(config.limits.max_in_flight(), 4000u);
  EXPECT_GT(MemoryBounds(config), 256 * kMiB);
}

TEST(MemoryWithin, LargeMessagesKeepTheirRoom) {
  for (const char* message : {"4KiB", "16MiB", "20MiB", "33MiB", "64MiB"}) {
    const Config config = Within(256, std::string("server: {max_payload_bytes: 4KiB, "
                                                  "max_message_bytes: ") +
                                          message + "}");
    EXPECT_GE(config.server.max_waiting_bytes(), config.server.max_message_bytes()) << message;
    EXPECT_GE(config.server.max_publish_memory_bytes(), 4 * config.server.max_message_bytes());
  }
}

TEST(MemoryWithin, ThreadsFollowTheQuota) {
  const uint32_t all = std::min(std::max(std::thread::hardware_concurrency(), 1u), 64u);
  EXPECT_EQ(Within(0, "{}", 0.2).delivery.threads(), 1u);
  EXPECT_EQ(Within(0, "{}", 1.0).delivery.threads(), 1u);
  EXPECT_EQ(Within(0, "{}", 1.5).delivery.threads(), std::min(all, 2u));
  EXPECT_EQ(Within(0, "{}", 1000.0).delivery.threads(), all);
  EXPECT_EQ(Within(0, "{}").delivery.threads(), all);
}

}  // namespace
}  // namespace carillon::config
