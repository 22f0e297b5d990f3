#include "codec.h"

#include <gtest/gtest.h>

#include <random>

namespace carillon::deliverylog {
namespace {

Figures SomeFigures() {
  return {.position = 77,
          .accepted = base::FromUnixNanos(1),
          .started = base::FromUnixNanos(2),
          .next = base::FromUnixNanos(3),
          .duration_us = 4,
          .number = 5,
          .status = 503,
          .batch = 6,
          .outcome = model::Outcome::kHttp5xx,
          .state = State::kScheduled,
          .trigger = model::Trigger::kReplay};
}

TEST(Codec, AnEntryIsReadAsItWasPut) {
  const Detail detail{.phases = {.dns = std::chrono::nanoseconds(1)},
                      .peer = "127.0.0.1:80",
                      .error = "no",
                      .url = "http://x/",
                      .request = "POST",
                      .sent = 12,
                      .response = "HTTP",
                      .body = std::string(5000, 'b'),
                      .body_cut = true,
                      .facts = {.retry_after = std::chrono::seconds(30)}};
  std::string bytes;
  const Entry with{SomeFigures(), "acme", "orders", "order.paid", "id-1", &detail};
  const Entry without{SomeFigures(), "acme", "other", "order.sent", "id-2", nullptr};
  PutEntry(bytes, with);
  EXPECT_LE(bytes.size(), EntryBytes(with));
  PutEntry(bytes, without);
  std::string_view rest = bytes;
  RawEntry entry;
  ASSERT_TRUE(TakeEntry(rest, entry));
  EXPECT_EQ(entry.figures, SomeFigures());
  EXPECT_EQ(entry.tenant, "acme");
  EXPECT_EQ(entry.destination, "orders");
  EXPECT_EQ(entry.event_type, "order.paid");
  EXPECT_EQ(entry.event_id, "id-1");
  EXPECT_EQ(ReadDetail(entry.detail), detail);
  ASSERT_TRUE(TakeEntry(rest, entry));
  EXPECT_EQ(entry.destination, "other");
  EXPECT_TRUE(entry.detail.empty());
  EXPECT_FALSE(TakeEntry(rest, entry));
}

TEST(Codec, ACutEntryIsNone) {
  std::string bytes;
  PutEntry(bytes, {SomeFigures(), "acme", "orders", "order.paid", "id-1", nullptr});
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::string_view rest = std::string_view(bytes).substr(0, size);
    RawEntry entry;
    EXPECT_FALSE(TakeEntry(rest, entry)) << size;
  }
}

TEST(Codec, EveryFlippedBitOfABlockIsNoticed) {
  BlockWriter writer;
  for (uint32_t i = 0; i < 3; ++i) {
    writer.Add({.figures = SomeFigures(), .destination = i, .event_type = 9, .event_id = "abc"});
  }
  const std::string block = writer.Finish();
  const auto view = BlockView::Open(block);
  ASSERT_TRUE(view);
  ASSERT_EQ(view->rows(), 3u);
  EXPECT_EQ(view->At(2)->destination, 2u);
  EXPECT_EQ(view->At(2)->event_id, "abc");
  EXPECT_EQ(view->At(2)->figures, SomeFigures());
  EXPECT_FALSE(view->At(3));
  for (size_t bit = 0; bit < block.size() * 8; ++bit) {
    std::string damaged = block;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(BlockView::Open(damaged)) << bit;
  }
}

TEST(Codec, ListsAreReadAsTheyWereWritten) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<uint32_t> rows;
    std::vector<HashedRow> hashes;
    uint32_t row = 0, hash = 0;
    for (int i = 0; i < round * 10; ++i) {
      rows.push_back(row += random() % 1000);
      hashes.emplace_back(hash += random() % (1u << 22), random());
    }
    EXPECT_EQ(DecodeRows(EncodeRows(rows)), rows);
    EXPECT_EQ(DecodeHashes(EncodeHashes(hashes)), hashes);
  }
  std::string bytes = EncodeRows(std::vector<uint32_t>{1, 2, 3});
  bytes.back() ^= 1;
  EXPECT_FALSE(DecodeRows(bytes));
}

TEST(Codec, HashesAreSortedAndRowsStayInOrder) {
  std::mt19937 random(2);
  for (const uint32_t mask : {0xFFFFFFFFu, 0x00000FFFu, 0xFFF00000u, 0x003FF800u, 0u}) {
    std::vector<HashedRow> hashes;
    for (uint32_t row = 0; row < 5000; ++row) hashes.emplace_back(random() & mask, row);
    std::vector<HashedRow> sorted = hashes;
    std::sort(sorted.begin(), sorted.end());
    SortByHash(hashes);
    EXPECT_EQ(hashes, sorted) << mask;
  }
  std::vector<HashedRow> none;
  SortByHash(none);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace carillon::deliverylog
