// A full disk, a disk that fails, and a machine that loses its power.

#include <gmock/gmock.h>

#include <future>
#include <map>

#include "faulty_disk.h"
#include "support.h"

namespace carillon::journal {
namespace {

using testing::HasSubstr;

class FaultsTest : public JournalTest {
 protected:
  FaultsTest() { options_.vfs = FaultyDisk::kName; }
  ~FaultsTest() override { Close(); }
  FaultyDisk disk_;
};

TEST_F(FaultsTest, AFullDiskRefusesKeepsWhatSettledAndGoesOn) {
  Open();
  AppendOne("a");
  disk_.full = true;
  const auto refused = Append({"b", "c"});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("nothing was stored"));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("free space"));
  EXPECT_EQ(journal_->log_stats().waiting_bytes, 0u);

  Settlement settlement;
  settlement.watermark = 1;
  settlement.dead = {{1, 1, 1, model::Outcome::kDns, clock_.Wall()}};
  std::promise<void> promise;
  auto settled = promise.get_future();
  journal_->Settle(Owned(settlement), [&](const absl::Status&) { promise.set_value(); });
  ASSERT_TRUE(Eventually([&] { return !journal_->log_stats().accepting; }));
  EXPECT_EQ(settled.wait_for(std::chrono::milliseconds(0)), std::future_status::timeout);
  EXPECT_EQ(Append({"d"}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(journal_->shard_stats().watermark, 0u);

  disk_.full = false;
  settled.get();
  EXPECT_EQ(journal_->shard_stats().watermark, 1u);
  EXPECT_TRUE(Eventually([&] { return journal_->log_stats().accepting; }));
  const auto stored = Append({"b", "a"});
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_FALSE(stored->at(0).duplicate);  // the refused one was forgotten
  EXPECT_EQ(stored->at(0).position, 2u);
  EXPECT_TRUE(stored->at(1).duplicate);
  EXPECT_EQ(fatal_, 0);
  Reopen();
  EXPECT_EQ(journal_->recovered().last_position, 2u);
  EXPECT_EQ(journal_->recovered().watermark, 1u);
  EXPECT_EQ(journal_->shard_stats().dead, 1u);
}

TEST_F(FaultsTest, WhatIsKnownIsAnsweredBesideWhatTheDiskDoesNotTake) {
  Open();
  AppendOne("a");
  using Answer = absl::StatusOr<std::vector<Appended>>;
  std::promise<Answer> held, known, fresh;
  const auto append = [&](const std::string& id, std::promise<Answer>& answer) {
    journal_->Append(MakeEvents({id}), [&answer](Answer result) { answer.set_value(result); });
  };
  disk_.hold_sync = true;
  append("b", held);
  ASSERT_TRUE(Eventually([&] { return disk_.syncs_held > 0; }));
  append("a", known);  // these two are one group
  append("c", fresh);
  disk_.full = true;
  disk_.hold_sync = false;
  EXPECT_TRUE(held.get_future().get().ok());
  const Answer again = known.get_future().get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->at(0).duplicate);
  EXPECT_EQ(again->at(0).position, 1u);
  EXPECT_EQ(fresh.get_future().get().status().code(), absl::StatusCode::kResourceExhausted);
  disk_.full = false;
}

TEST_F(FaultsTest, ADiskThatWasFullHasRoomAgainByTheJournalsClock) {
  options_.housekeeping_interval = std::chrono::hours(1);  // it counts as full for five of them
  Open();
  disk_.full = true;
  EXPECT_EQ(Append({"a"}).status().code(), absl::StatusCode::kResourceExhausted);
  disk_.full = false;
  clock_.AdvanceMono(std::chrono::seconds(10));
  AppendOne("a");
  EXPECT_FALSE(journal_->log_stats().accepting);
  clock_.AdvanceMono(std::chrono::hours(6));
  EXPECT_TRUE(journal_->log_stats().accepting);
}

TEST_F(FaultsTest, StopsWhileTheDiskIsFull) {
  Open();
  AppendOne("a");
  disk_.full = true;
  Settlement settlement;
  settlement.watermark = 1;
  journal_->Settle(Owned(settlement), {});
  ASSERT_TRUE(Eventually([&] { return !journal_->log_stats().accepting; }));
  Close();
  disk_.full = false;
  Open();
  EXPECT_EQ(journal_->recovered().last_position, 1u);
  EXPECT_EQ(journal_->recovered().watermark, 0u);
}

TEST_F(FaultsTest, AFailedSyncIsNotTriedAgain) {
  Open();
  AppendOne("a");
  disk_.fail_sync = true;
  const auto unknown = Append({"b"});
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnavailable) << unknown.status();
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("not known"));
  ASSERT_TRUE(Eventually([&] { return fatal_ == 1; }));
  EXPECT_EQ(journal_->log_stats().waiting_bytes, 0u);
  disk_.fail_sync = false;
  EXPECT_EQ(Append({"c"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(OpenLanes({{"acme", "x"}}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(recorder_.Seen().size(), 1u);
  Reopen();
  EXPECT_EQ(fatal_, 1);
  EXPECT_EQ(disk_.syncs_failed, 1);
  EXPECT_EQ(Read(1).at(0)->id(), "a");
  const auto again = Append({"b"});  // stored before or not, there is one
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->at(0).position, 2u);
}

TEST_F(JournalTest, PublishingIsRefusedWhileFreeSpaceIsUnderItsMark) {
  Open();
  AppendOne("a");
  Close();
  options_.min_free_bytes = UINT64_MAX;
  Open();
  const auto refused = Append({"b"});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(journal_->log_stats().accepting);
  EXPECT_GT(journal_->disk_stats().free_bytes, 0u);
  EXPECT_EQ(journal_->disk_stats().min_free_bytes, UINT64_MAX);
  SettleUpTo(1);
  EXPECT_EQ(journal_->shard_stats().watermark, 1u);
}

/// What was answered before the power went, over all rounds.
class PowerTest : public FaultsTest {
 protected:
  void Round(int round, std::mt19937_64& random) {
    Open();
    EXPECT_LE(journal_->recovered().watermark, settled_asked_);
    EXPECT_GE(journal_->recovered().watermark, settled_durable_);
    CheckAcknowledged();
    ASSERT_NO_FATAL_FAILURE(CheckSettled());
    disk_.writes_until_cut = static_cast<int64_t>(1 + random() % 300);
    for (int i = 0; i < 400 && fatal_ == 0; ++i) {
      const std::string id = std::to_string(round) + "-" + std::to_string(i);
      const auto answer = Append({id, id + "b"}, 200 + random() % 5000);
      if (!answer.ok()) break;
      for (int k = 0; k < 2; ++k) acknowledged_[answer->at(k).position] = id + (k ? "b" : "");
      settled_asked_ = answer->at(0).position;
      journal_->Settle(Owned(NextSettlement()),
                       [this, w = settled_asked_, n = settlements_](const absl::Status& status) {
                         if (!status.ok()) return;
                         settled_durable_ = w;
                         settlements_durable_ = n;
                       });
    }
    ASSERT_TRUE(Eventually([&] { return fatal_ > 0; }));
    Close();
    fatal_ = 0;
    disk_.CutPower(random);
  }
  /// One that takes the place of the last: a batch whose parts all tell its number, an event with
  /// that number, and it is when the lane was disabled, too.
  Settlement NextSettlement() {
    const uint64_t n = ++settlements_;
    Settlement settlement;
    settlement.watermark = settled_asked_;
    settlement.unparked = {parked_};
    parked_ = {lane_, Due::At(base::FromUnixNanos(static_cast<int64_t>(n))), settled_asked_};
    settlement.parked = {{lane_, parked_.due, parked_.position, 1, n, {}}};
    settlement.parked[0].rest.assign(n % 7, {parked_.position + 1, n});
    settlement.healths = {{lane_, {.disabled_at = base::FromUnixNanos(static_cast<int64_t>(n))}}};
    settlement.events = {MakeEvent("own-" + std::to_string(n))};
    return settlement;
  }
  /// All of a settlement is there, and of those before what they leave, or nothing of it.
  void CheckSettled() {
    const LaneState lane = OpenLane("one");
    lane_ = lane.lane;
    const auto n = static_cast<uint64_t>(base::ToUnixNanos(lane.health.disabled_at));
    EXPECT_LE(n, settlements_);
    EXPECT_GE(n, settlements_durable_);
    // Those that are lost take their numbers again.
    settlements_ = n;
    settlements_durable_ = n;
    EXPECT_EQ(lane.parked, n == 0 ? 0 : 1 + n % 7);
    EXPECT_EQ(OwnEvents(), n);
    if (n == 0) return;
    const DueDeliveries due = TakeDue(lane_, base::WallTime::max());
    ASSERT_EQ(due.due.size(), 1u);
    const Parked& row = due.due[0].parked;
    parked_ = {lane_, row.due, row.position};
    EXPECT_EQ(base::ToUnixNanos(row.due.time()), static_cast<int64_t>(n));
    EXPECT_EQ(row.position, journal_->recovered().watermark);
    EXPECT_EQ(row.rest, std::vector<BatchMember>(n % 7, {row.position + 1, n}));
    ASSERT_EQ(lane.groups.size(), 1u);
    EXPECT_EQ(lane.groups[0].group, n);
  }
  /// How many events came with settlements; each is there once, in their order.
  uint64_t OwnEvents() {
    uint64_t own = 0;
    for (uint64_t from = 1;;) {
      const Events batch = Read(from);
      if (batch.empty()) return own;
      for (const model::EventPtr& event : batch) {
        from = event->position() + 1;
        if (!event->id().starts_with("own-")) continue;
        EXPECT_EQ(event->id(), "own-" + std::to_string(++own));
      }
    }
  }
  void CheckAcknowledged() {
    const std::vector<uint64_t> positions = Positions();
    ASSERT_EQ(positions.size(), journal_->recovered().last_position);
    for (const auto& [position, id] : acknowledged_) {
      const Events batch = Read(position, 1);
      ASSERT_FALSE(batch.empty()) << position << " was acknowledged";
      EXPECT_EQ(batch[0]->id(), id);
    }
  }
  std::map<uint64_t, std::string> acknowledged_;
  uint64_t settled_asked_ = 0;
  std::atomic<uint64_t> settled_durable_{0};
  uint64_t settlements_ = 0;
  std::atomic<uint64_t> settlements_durable_{0};
  LaneId lane_ = 0;
  ParkedKey parked_;  ///< of the last settlement
};

TEST_F(PowerTest, WhatWasAnsweredSurvivesPowerCuts) {
  constexpr uint64_t kSeed = 20'240'501;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  options_.housekeeping_interval = std::chrono::milliseconds(2);  // checkpoints in between
  for (int round = 0; round < 20; ++round) {
    ASSERT_NO_FATAL_FAILURE(Round(round, random)) << "round " << round;
  }
  Open();
  CheckAcknowledged();
  CheckSettled();
  EXPECT_GT(acknowledged_.size(), 100u);
  EXPECT_GT(settlements_, 20u);
}

}  // namespace
}  // namespace carillon::journal
