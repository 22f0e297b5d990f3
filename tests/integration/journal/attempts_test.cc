// The attempt log where its files are damaged, and after the journal was stopped; the rest is in
// tests/conformance.

#include <future>

#include "support.h"

namespace carillon::journal {
namespace {

class AttemptsTest : public JournalTest {
 protected:
  absl::StatusOr<AttemptPage> ReadAttempts(uint64_t after, size_t limit = 1000) {
    std::promise<absl::StatusOr<AttemptPage>> page;
    journal_->ReadAttempts(after, limit, [&](auto answer) { page.set_value(std::move(answer)); });
    return page.get_future().get();
  }
  /// A chunk for each of so many attempts.
  void Fill(int attempts) {
    const LaneId lane = OpenLane("one").lane;
    for (int i = 0; i < attempts; ++i) {
      Settlement settlement;
      settlement.attempts = {{.position = AppendOne("e" + std::to_string(i)), .lane = lane}};
      Settle(std::move(settlement));
    }
  }
};

TEST_F(AttemptsTest, WhatComesBeforeADamagedChunkIsTold) {
  Open();
  Fill(4);
  Execute("UPDATE attempt_log SET rows = zeroblob(32) WHERE id = 3");
  const auto before = ReadAttempts(0);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->rows.size(), 2u);
  EXPECT_EQ(before->through, 2u);
  EXPECT_TRUE(before->more);
  EXPECT_EQ(ReadAttempts(before->through).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadAttempts(3)->rows.size(), 1u) << "behind it there is more";
  EXPECT_EQ(Errors(Operation::kRead, absl::StatusCode::kDataLoss), 1u);
  EXPECT_EQ(fatal_, 0) << "deliveries do not need it";
}

TEST_F(AttemptsTest, AChunkThatWasCutIsDamaged) {
  Open();
  Fill(1);
  Execute("UPDATE attempt_log SET rows = substr(rows, 1, 31)");
  EXPECT_EQ(ReadAttempts(0).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(AttemptsTest, NothingIsReadOnceTheJournalStopped) {
  Open();
  Fill(1);
  journal_->Stop();
  EXPECT_EQ(ReadAttempts(0).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace carillon::journal
