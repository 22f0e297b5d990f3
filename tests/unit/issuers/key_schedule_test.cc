#include "key_schedule.h"

#include <gtest/gtest.h>

namespace carillon::issuers {
namespace {

using std::chrono::seconds;

class KeyScheduleTest : public testing::Test {
 protected:
  /// Seconds until the next is due.
  int64_t Left() const {
    return std::chrono::duration_cast<seconds>(schedule_.due() - now_).count();
  }
  void Fetch(bool ok) {
    schedule_.Begin(now_);
    now_ += seconds(1);
    schedule_.End(ok, now_);
  }

  base::MonoTime now_{std::chrono::hours(1)};
  KeySchedule schedule_{now_};
};

TEST_F(KeyScheduleTest, TheFirstIsDueAtOnceAndTheNextInFiveMinutes) {
  EXPECT_EQ(Left(), 0);
  schedule_.Begin(now_);
  EXPECT_EQ(schedule_.due(), base::MonoTime::max()) << "one at a time";
  schedule_.End(true, now_);
  EXPECT_EQ(Left(), 300);
}

TEST_F(KeyScheduleTest, FailuresWaitLongerEachTimeUntilOneSucceeds) {
  for (const int64_t wait : {10, 20, 40, 80, 160, 300, 300, 300}) {
    Fetch(false);
    EXPECT_EQ(Left(), wait);
    now_ = schedule_.due();
  }
  Fetch(true);
  EXPECT_EQ(Left(), 300);
  Fetch(false);
  EXPECT_EQ(Left(), 10);
}

TEST_F(KeyScheduleTest, WhatIsWantedComesAtOnceButNotTwiceInTenSeconds) {
  Fetch(true);
  schedule_.Want(now_);
  EXPECT_EQ(Left(), 9) << "the last one began a second ago";
  now_ += seconds(60);
  schedule_.Want(now_);
  EXPECT_EQ(Left(), -51) << "it was due then";
  Fetch(true);
  now_ += seconds(60);
  schedule_.Want(now_);
  EXPECT_EQ(Left(), 0);
  for (int i = 0; i < 100; ++i) schedule_.Want(now_);
  EXPECT_EQ(Left(), 0);
}

TEST_F(KeyScheduleTest, WantingDoesNotDelay) {
  Fetch(false);
  EXPECT_EQ(Left(), 10);
  now_ += seconds(8);
  schedule_.Want(now_);
  EXPECT_EQ(Left(), 1);
  schedule_.Begin(now_);
  schedule_.Want(now_);
  EXPECT_EQ(schedule_.due(), base::MonoTime::max()) << "what is under way serves them";
  schedule_.End(true, now_);
  EXPECT_EQ(Left(), 300);
}

}  // namespace
}  // namespace carillon::issuers
