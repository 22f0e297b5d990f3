#include <gtest/gtest.h>

#include "housekeeper.h"

namespace carillon::journal {
namespace {

constexpr uint64_t kMark = 1600;

TEST(Space, IsLowBelowItsMark) {
  EXPECT_FALSE(JudgeSpace(kMark, 0, kMark, false).low);
  EXPECT_TRUE(JudgeSpace(kMark - 1, 0, kMark, false).low);
  EXPECT_FALSE(JudgeSpace(0, 0, 0, true).low) << "no mark";
}

TEST(Space, OnceLowItHasToBeASixteenthAbove) {
  EXPECT_TRUE(JudgeSpace(kMark + 99, 0, kMark, true).low);
  EXPECT_FALSE(JudgeSpace(kMark + 100, 0, kMark, true).low);
}

TEST(Space, WhatWasFreedInsideCountsWhereAQuarterIsFreeOutside) {
  EXPECT_FALSE(JudgeSpace(kMark / 4, kMark, kMark, false).low);
  EXPECT_TRUE(JudgeSpace(kMark / 4 - 1, 10 * kMark, kMark, false).low);
}

TEST(Space, TellsHowMuchIsMissing) {
  EXPECT_EQ(JudgeSpace(kMark, 0, kMark, false).missing, 0u);
  EXPECT_EQ(JudgeSpace(1000, 100, kMark, false).missing, 600u);  // to a sixteenth above
  EXPECT_EQ(JudgeSpace(kMark + 99, 0, kMark, true).missing, 100u);
  EXPECT_EQ(JudgeSpace(kMark / 4 - 1, 0, kMark, false).missing, 0u) << "freeing inside is no help";
}

}  // namespace
}  // namespace carillon::journal
