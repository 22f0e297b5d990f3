#include "chunk.h"

#include <gtest/gtest.h>

#include "chunk_cache.h"

namespace carillon::journal {
namespace {

std::string Records(const std::vector<std::string>& ids) {
  std::string records;
  for (const std::string& id : ids) {
    PutRecord(records, model::Event::Create({id, "t", "acme", "", {}, {}, "{}"})->record());
  }
  return records;
}

TEST(Chunk, GivesItsEventsBack) {
  const std::string records = Records({"a", "b", "c", "d"});
  const ChunkHead head{11, 4, base::FromUnixNanos(5)};
  const auto view = ChunkView::Open(head, ChunkCrc(head, records), records);
  ASSERT_TRUE(view.ok()) << view.status();
  const auto all = view->All();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 4u);
  EXPECT_EQ(all->at(3)->id(), "d");
  EXPECT_EQ(all->at(3)->position(), 14u);
  EXPECT_EQ(all->at(3)->accepted_at(), head.accepted_at);
  const auto some = view->Some({12, 14});
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->at(0)->id(), "b");
  EXPECT_EQ(some->at(1)->position(), 14u);
}

TEST(Chunk, EveryFlippedBitIsSeen) {
  std::string records = Records({"a", "b"});
  const ChunkHead head{1, 2, base::FromUnixNanos(5)};
  const uint32_t crc = ChunkCrc(head, records);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i] ^= 4;
    EXPECT_EQ(ChunkView::Open(head, crc, records).status().code(), absl::StatusCode::kDataLoss);
    records[i] ^= 4;
  }
  for (const ChunkHead& other :
       {ChunkHead{2, 2, head.accepted_at}, ChunkHead{1, 3, head.accepted_at},
        ChunkHead{1, 2, base::FromUnixNanos(6)}}) {
    EXPECT_FALSE(ChunkView::Open(other, crc, records).ok());
  }
}

TEST(Chunk, FewerRecordsThanPromisedIsDamage) {
  const std::string records = Records({"a"});
  const ChunkHead head{1, 2, {}};
  const auto view = ChunkView::Open(head, ChunkCrc(head, records), records);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->All().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(view->Some({2}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Chunk, IsThinnedToWhatIsWanted) {
  const std::string records = Records({"a", "b", "c", "d", "e"});
  const ChunkHead head{11, 5, base::FromUnixNanos(5)};
  const auto whole = ChunkView::Open(head, ChunkCrc(head, records), records);
  const std::vector<std::vector<uint64_t>> wishes = {{11}, {13}, {15}, {12, 13, 15}, {}};
  for (const std::vector<uint64_t>& wanted : wishes) {
    const auto thin = whole->Thin(wanted);
    ASSERT_TRUE(thin.ok());
    const auto view = ChunkView::Open(head, ChunkCrc(head, *thin), *thin);
    const auto all = view->All();
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all->size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(all->at(i)->position(), wanted[i]);
    const auto some = view->Some({11, 13, 15});
    ASSERT_TRUE(some.ok());
    for (size_t i = 0; i < 3; ++i) {
      const bool there = std::count(wanted.begin(), wanted.end(), 11 + 2 * i) > 0;
      ASSERT_EQ(some->at(i) != nullptr, there);
    }
    // What is gone stays gone.
    const auto thinner = view->Thin(std::vector<uint64_t>{11, 15});
    ASSERT_TRUE(thinner.ok());
    EXPECT_LE(thinner->size(), thin->size());
  }
}

TEST(Chunk, GapsOfNothingAndBeyondItsEndAreDamage) {
  std::string records;
  PutGap(records, 0);
  const ChunkHead head{1, 1, {}};
  EXPECT_FALSE(ChunkView::Open(head, ChunkCrc(head, records), records)->All().ok());
  records.clear();
  PutRecord(records, "");
  EXPECT_FALSE(ChunkView::Open(head, ChunkCrc(head, records), records)->All().ok());
}

TEST(AttemptChunk, KeepsEveryMember) {
  AttemptChunk chunk;
  chunk.Add({9, 3, 2, model::Outcome::kHttp429, 429, base::FromUnixNanos(77), 1234, false});
  chunk.Add({7, 4, 1, model::Outcome::kDns, 0, base::FromUnixNanos(70), 1, true});
  EXPECT_EQ(chunk.rows.size(), 2 * kAttemptBytes);
  EXPECT_EQ(chunk.min_position, 7u);
  EXPECT_EQ(chunk.max_position, 9u);
  EXPECT_EQ(chunk.first_at, base::FromUnixNanos(70));
  EXPECT_EQ(chunk.last_at, base::FromUnixNanos(77));
  const AttemptRow row = GetAttempt(chunk.rows, 0);
  EXPECT_EQ(row.position, 9u);
  EXPECT_EQ(row.lane, 3u);
  EXPECT_EQ(row.number, 2u);
  EXPECT_EQ(row.outcome, model::Outcome::kHttp429);
  EXPECT_EQ(row.http_status, 429);
  EXPECT_EQ(row.started, base::FromUnixNanos(77));
  EXPECT_EQ(row.duration_us, 1234u);
  EXPECT_FALSE(row.settles);
  EXPECT_TRUE(GetAttempt(chunk.rows, 1).settles);
  chunk.Clear();
  EXPECT_EQ(chunk.count, 0u);
  EXPECT_TRUE(chunk.rows.empty());
  EXPECT_EQ(chunk.max_position, 0u);
}

TEST(ChunkCache, KeepsTheLatestUsedWithinItsBytes) {
  ChunkCache cache(250);
  const auto add = [&](uint64_t first) {
    auto chunk = std::make_shared<DecodedChunk>();
    chunk->head = {first, 10, {}};
    chunk->bytes = 100;
    cache.Add(chunk);
  };
  add(1);
  add(21);
  EXPECT_EQ(cache.Find(10)->head.first_position, 1u);
  EXPECT_EQ(cache.Find(11), nullptr);  // between the two
  EXPECT_EQ(cache.Find(0), nullptr);
  add(31);
  EXPECT_EQ(cache.Find(25), nullptr);  // the one used least lately
  EXPECT_NE(cache.Find(1), nullptr);
  EXPECT_EQ(cache.bytes(), 200u);
}

}  // namespace
}  // namespace carillon::journal
