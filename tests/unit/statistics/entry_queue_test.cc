#include "entry_queue.h"

#include <gtest/gtest.h>

namespace carillon::statistics {
namespace {

TEST(EntryQueue, WhatGoesInComesOut) {
  EntryQueue queue(1 << 20);
  const Entry attempt{.tenant = "acme",
                      .destination = "orders",
                      .uid = "0197-uid",
                      .at = base::FromUnixNanos(1'700'000'000'123'456'789),
                      .outcome = model::Outcome::kHttp5xx,
                      .responded = true,
                      .duration_us = UINT32_MAX,
                      .sent_bytes = 70'000,
                      .delivered = 3,
                      .dead = 4,
                      .accepted = 5};
  queue.Add(3, attempt);
  queue.Add(3, {.tenant = "acme", .destination = std::string(300, 'd'), .dead = 1});
  EntryQueue::Batches batches;
  queue.Take(batches);
  std::string_view rest = batches[3];
  Entry entry;
  ASSERT_TRUE(EntryQueue::Next(rest, entry));
  EXPECT_EQ(entry.tenant, "acme");
  EXPECT_EQ(entry.destination, "orders");
  EXPECT_EQ(entry.at, attempt.at);
  EXPECT_EQ(entry.outcome, attempt.outcome);
  EXPECT_TRUE(entry.responded);
  EXPECT_EQ(entry.duration_us, UINT32_MAX);
  EXPECT_EQ(entry.sent_bytes, 70'000u);
  EXPECT_EQ(entry.delivered, 3u);
  EXPECT_EQ(entry.dead, 4u);
  EXPECT_EQ(entry.uid, "0197-uid");
  EXPECT_EQ(entry.accepted, 5u);
  ASSERT_TRUE(EntryQueue::Next(rest, entry));
  EXPECT_FALSE(entry.outcome);
  EXPECT_EQ(entry.uid, "");
  EXPECT_FALSE(entry.responded);
  EXPECT_EQ(entry.destination, std::string(255, 'd'));
  EXPECT_FALSE(EntryQueue::Next(rest, entry));
}

TEST(EntryQueue, WhatHasNoRoomIsLeftOutAndCounted) {
  EntryQueue queue(100);
  for (int i = 0; i < 10; ++i)
    queue.Add(static_cast<uint32_t>(i), {.tenant = "t", .destination = "d"});
  EXPECT_EQ(queue.dropped(), 8u);  // of all stripes together
  EntryQueue::Batches batches;
  queue.Take(batches);
  size_t bytes = 0;
  for (const std::string& batch : batches) bytes += batch.size();
  EXPECT_GT(bytes, 0u);
  EXPECT_LE(bytes, 100u);
  queue.Add(0, {.tenant = "t", .destination = "d"});  // there is room again
  EXPECT_EQ(queue.dropped(), 8u);
}

}  // namespace
}  // namespace carillon::statistics
