#include "tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace carillon::deliverylog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TailRow Row(uint64_t position, State state = State::kDelivered) {
  return {
      .position = position,
      .outcome = state == State::kDelivered ? model::Outcome::kSuccess : model::Outcome::kHttp5xx,
      .state = state};
}

TEST(TailTest, RowsAreFoundByTheirPositionOncePublished) {
  Tail tail(100);
  EXPECT_THAT(tail.AtPosition(7), IsEmpty());
  tail.Put(0, Row(7));
  tail.Put(1, Row(7 + 128));  // at the same place
  tail.Put(2, Row(7));
  EXPECT_THAT(tail.AtPosition(7), IsEmpty());
  tail.Publish(3);
  EXPECT_THAT(tail.AtPosition(7), ElementsAre(0, 2));
  EXPECT_THAT(tail.AtPosition(7 + 128), ElementsAre(1));
  EXPECT_THAT(tail.AtPosition(8), IsEmpty());
  tail.Put(3, Row(8));  // a write that failed, and another in its place
  tail.Put(3, Row(7));
  tail.Publish(4);
  EXPECT_THAT(tail.AtPosition(7), ElementsAre(0, 2, 3));
  EXPECT_THAT(tail.AtPosition(8), IsEmpty());
}

TEST(TailTest, OddRowsAreThoseThatWereNotDeliveredByASuccess) {
  Tail tail(10);
  tail.Put(0, Row(1));
  tail.Put(1, Row(2, State::kDead));
  tail.Put(2, Row(3));
  tail.Put(3, {.position = 4, .state = State::kPurged});
  tail.Put(4, {.position = 5, .outcome = model::Outcome::kReset});
  tail.Publish(3);
  EXPECT_THAT(tail.OddRows(), ElementsAre(1));
  tail.Publish(5);
  EXPECT_THAT(tail.OddRows(), ElementsAre(1, 3, 4));
}

TEST(TailTest, IsReadWhileItGrows) {
  constexpr uint32_t kRows = 20'000;
  Tail tail(kRows);
  std::thread writer([&tail] {
    for (uint32_t i = 0; i < kRows; i += 10) {
      for (uint32_t row = i; row < i + 10; ++row) {
        tail.Put(row, Row(row % 50, row % 7 == 0 ? State::kDead : State::kDelivered));
      }
      tail.Publish(i + 10);
    }
  });
  for (size_t size = 0; size < kRows;) {
    size = tail.size();
    const std::vector<uint32_t> odd = tail.OddRows();
    const std::vector<uint32_t> found = tail.AtPosition(3);
    EXPECT_GE(odd.size(), (size + 6) / 7);
    EXPECT_GE(found.size(), (size + 46) / 50);
    for (const uint32_t row : odd) EXPECT_TRUE(tail[row].odd());
    for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], 3 + 50 * i);
  }
  writer.join();
}

}  // namespace
}  // namespace carillon::deliverylog
