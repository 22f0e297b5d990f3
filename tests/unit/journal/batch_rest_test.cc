#include "batch_rest.h"

#include <gtest/gtest.h>

#include <cstring>

#include "chunk.h"

namespace carillon::journal {
namespace {

Parked Row(uint64_t position, GroupId group, std::vector<BatchMember> rest) {
  return {3, Due::At(base::FromUnixNanos(5)), position, 1, group, std::move(rest)};
}

std::string Encode(const Parked& row) {
  std::string bytes = "left over";
  EXPECT_TRUE(EncodeRest(row, bytes).ok());
  return bytes;
}

void ExpectSameAgain(const Parked& row) {
  Parked again = row;
  again.rest = {{99, 99}};
  ASSERT_TRUE(DecodeRest(Encode(row), again).ok());
  EXPECT_EQ(again.rest, row.rest);
}

TEST(BatchRest, ComesBackAsItWas) {
  ExpectSameAgain(Row(10, 0, {}));
  ExpectSameAgain(Row(10, 0, {{11, 0}}));
  ExpectSameAgain(Row(10, 7, {{12, 7}, {11, kMaxGroup}, {1, 0}}));
  ExpectSameAgain(Row(1, kMaxGroup, {{INT64_MAX, 1}, {2, kMaxGroup}}));
  Parked longest = Row(1, 0, {});
  for (uint64_t i = 0; i < kMaxRest; ++i) longest.rest.push_back({i * i, i});
  ExpectSameAgain(longest);
}

TEST(BatchRest, ADeliveryAloneTakesNothingAndNeighboursTwoBytesEach) {
  EXPECT_EQ(Encode(Row(10, kMaxGroup, {})), "");
  Parked row = Row(1'000'000, kMaxGroup, {});
  for (uint64_t i = 1; i <= kMaxRest; ++i) row.rest.push_back({row.position + i, kMaxGroup});
  EXPECT_EQ(Encode(row).size(), 4 + 2 * kMaxRest);
}

TEST(BatchRest, TooManyAreNotWritten) {
  Parked row = Row(1, 0, std::vector<BatchMember>(kMaxRest + 1));
  std::string bytes;
  EXPECT_EQ(EncodeRest(row, bytes).code(), absl::StatusCode::kInvalidArgument);
}

TEST(BatchRest, DamageIsSeenWhereverItIs) {
  const Parked row = Row(10, 7, {{300, 9}, {11, kMaxGroup}});
  const std::string good = Encode(row);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x10;
    Parked again = row;
    const absl::Status status = DecodeRest(bad, again);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << i;
    again = row;
    if (i > 0) EXPECT_FALSE(DecodeRest(good.substr(0, i), again).ok()) << i;
  }
  Parked again = row;
  EXPECT_EQ(DecodeRest(good + '\0', again).message(),
            "the parked batch at position 10 of lane 3 is damaged on disk");
}

// With a good checksum: written by something that is not this program.
TEST(BatchRest, NonsenseIsDamageToo) {
  Parked again = Row(10, 0, {});
  EXPECT_TRUE(DecodeRest(Encode(Row(10, 0, {{11, kMaxGroup}})), again).ok());
  EXPECT_FALSE(DecodeRest(Encode(Row(10, 0, {{11, kMaxGroup + 1}})), again).ok());
  std::string longest = Encode(Row(10, 0, std::vector<BatchMember>(kMaxRest, {10, 0})));
  EXPECT_TRUE(DecodeRest(longest, again).ok());
  longest.append(2, '\0');  // one more
  const uint32_t crc = BytesCrc(std::string_view(longest).substr(sizeof(crc)));
  std::memcpy(longest.data(), &crc, sizeof(crc));
  EXPECT_FALSE(DecodeRest(longest, again).ok());
}

}  // namespace
}  // namespace carillon::journal
