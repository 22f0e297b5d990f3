// `VerifyStore` and `SalvageStore`.

#include <gmock/gmock.h>

#include "carillon/journal/store_tools.h"
#include "damage_support.h"

namespace carillon::journal {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uint64_t kWalFrame = 24 + 4096;

class SalvageTest : public DamageTest {
 protected:
  SalvageTest() { std::filesystem::create_directories(options_.data_dir + ".copies"); }

  std::vector<std::string> Verify() {
    const absl::StatusOr<StoreReport> report = VerifyStore(options_.data_dir);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->findings : std::vector<std::string>();
  }
  /// Salvages, puts the new store in the old one's place and opens it.
  std::vector<std::string> Salvage() {
    const std::string before = Bytes(DatabaseFile());
    std::filesystem::remove_all(Copy("new"));
    const absl::StatusOr<StoreReport> report = SalvageStore(options_.data_dir, Copy("new"));
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(Bytes(DatabaseFile()) == before);
    if (!report.ok()) return {};
    PutBack("new");
    EXPECT_THAT(Verify(), IsEmpty());
    Open();
    return report->findings;
  }
  /// Flips a bit in the first place of the file where `text` stands.
  void DamageAt(const std::string& name, const std::string& text) {
    const size_t at = Bytes(Path(name)).find(text);
    ASSERT_NE(at, std::string::npos);
    Flip(Path(name), 8 * at + 1);
  }
};

TEST_F(SalvageTest, ASoundStoreIsCopiedWhole) {
  Open();
  const LaneId lane = OpenLane("one").lane;
  Fill(0, 30);
  Settlement settlement;
  settlement.watermark = 10;
  settlement.attempts = {AttemptRow{4, lane}};
  settlement.parked = {{lane, Due::At(base::FromUnixNanos(99)), 3, 2, 7, {{5, 8}}}};
  settlement.dead = {{lane, 2, 1, model::Outcome::kDns, clock_.Wall()}};
  settlement.cursors = {{lane, 6}};
  settlement.healths = {{lane, {.failing_since = base::FromUnixNanos(3)}}};
  Settle(settlement);
  for (const bool killed : {false, true}) {
    if (killed) {
      Kill();
    } else {
      Close();
    }
    EXPECT_THAT(Verify(), IsEmpty());
    EXPECT_THAT(Salvage(), IsEmpty());
    EXPECT_EQ(journal_->recovered().last_position, 30u);
    EXPECT_EQ(journal_->recovered().watermark, 10u);
    EXPECT_EQ(Positions().size(), 30u);
    EXPECT_EQ(journal_->shard_stats().dead, 1u);
    const LaneState state = OpenLane("one");
    EXPECT_EQ(state.lane, lane);
    EXPECT_EQ(state.cursor, 6u);
    EXPECT_EQ(state.parked, 2u);
    EXPECT_EQ(state.health.failing_since, base::FromUnixNanos(3));
    const DueDeliveries due = TakeDue(lane, base::WallTime::max());
    ASSERT_EQ(due.due.size(), 1u);
    EXPECT_EQ(due.due[0].event->id(), "e2");
    EXPECT_EQ(Append({"e7"})->at(0).duplicate, true);
  }
}

TEST_F(SalvageTest, ADamagedChunkAmongManyLosesOnlyItself) {
  Open();
  const LaneId lane = OpenLane("one").lane;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::string> ids;
    for (int k = 0; k < 10; ++k) ids.push_back("id" + std::to_string(10 * i + k) + "!");
    ASSERT_TRUE(Append(ids, 200).ok());
  }
  Settlement settlement;  // 701 to 710 are in the chunk that is damaged
  settlement.parked = {{lane, Due::At(base::FromUnixNanos(1)), 705, 1, 0, {}},
                       {lane, Due::At(base::FromUnixNanos(2)), 706, 1, 4, {{800, 5}, {707, 6}}},
                       {lane, Due::At(base::FromUnixNanos(3)), 900, 1, 0, {}}};
  Settle(settlement);
  Close();
  DamageAt("carillon.db", "id704!.id704!");
  EXPECT_THAT(Refused(), HasSubstr("701 to 710"));
  EXPECT_THAT(Verify(), Contains(HasSubstr("701 to 710 are damaged")));
  const std::vector<std::string> dropped = Salvage();
  EXPECT_THAT(dropped, Contains(HasSubstr("events at positions 701 to 710 (10): lost")));
  EXPECT_THAT(dropped, Contains(HasSubstr("parked: 3 deliveries")));
  EXPECT_EQ(journal_->recovered().last_position, 2000u);
  const std::vector<uint64_t> positions = Positions();
  EXPECT_EQ(positions.size(), 1990u);
  EXPECT_THAT(positions, Not(Contains(705u)));
  const DueDeliveries due = TakeDue(lane, base::WallTime::max());
  ASSERT_EQ(due.due.size(), 2u);
  EXPECT_EQ(due.due[0].parked.position, 800u);
  EXPECT_EQ(due.due[0].parked.group, 5u);
  EXPECT_THAT(due.due[0].parked.rest, IsEmpty());
  EXPECT_EQ(due.due[1].parked.position, 900u);
  EXPECT_EQ(AppendOne("after"), 2001u);
  Reopen();
  EXPECT_EQ(Positions().size(), 1991u);
}

TEST_F(SalvageTest, ADamagedFrameInAWalThatWasCopiedInPart) {
  Open();
  Fill(0, 200);
  CopyWal();
  Fill(200, 400);
  Kill();
  Flip(Path("carillon.db-wal"), 8 * (32 + 12 * kWalFrame + 700));
  EXPECT_THAT(Verify(), Contains(HasSubstr("damaged at frame 13")));
  const std::vector<std::string> dropped = Salvage();
  EXPECT_THAT(dropped, IsEmpty());  // later frames hold that page too
  EXPECT_EQ(journal_->recovered().last_position, 400u);
  EXPECT_EQ(Positions().size(), 400u);
}

TEST_F(SalvageTest, WhatAMissingWalHeldIsNamed) {
  Open();
  Fill(0, 20);
  Reopen();
  Fill(20, 30);
  Kill();
  std::filesystem::remove(Path("carillon.db-wal"));
  EXPECT_THAT(Verify(), Contains(HasSubstr("gone or empty")));
  EXPECT_THAT(Salvage(), Contains(HasSubstr("positions 21 to 30 (10): lost")));
  EXPECT_EQ(journal_->recovered().last_position, 30u);
  EXPECT_EQ(AppendOne("next"), 31u);  // no position is given twice
}

TEST_F(SalvageTest, AMissingDatabaseWhoseWalHoldsAll) {
  Open();
  Fill(0, 20);
  Kill();
  std::filesystem::remove(Path("carillon.db"));
  std::filesystem::remove_all(Copy("new"));
  const absl::StatusOr<StoreReport> report = SalvageStore(options_.data_dir, Copy("new"));
  ASSERT_TRUE(report.ok()) << report.status();
  PutBack("new");
  Open();
  EXPECT_EQ(journal_->recovered().last_position, 20u);
  EXPECT_EQ(Positions().size(), 20u);
}

TEST_F(SalvageTest, ATreeThatLeadsNowhere) {
  Open();
  OpenLane("one");
  Fill(0, 200, 3000);
  Close();
  Save("whole");
  // The root of each table in turn, then page 1.
  std::vector<uint64_t> pages = {1};
  for (int page = 2; page <= 12; ++page) pages.push_back(page);
  for (const uint64_t page : pages) {
    SCOPED_TRACE(page);
    PutBack("whole");
    std::string bytes = Bytes(DatabaseFile());
    bytes.replace((page - 1) * 4096, 4096, 4096, '\0');
    Write(DatabaseFile(), bytes);
    EXPECT_THAT(Verify(), Not(IsEmpty()));
    if (TryOpen().ok()) {  // one that nothing of what was answered hangs on
      journal_->AddConsumer(&recorder_);
      journal_->Start();
      EXPECT_EQ(Positions().size(), 200u);
      Close();
      PutBack("whole");
      continue;
    }
    Salvage();
    ASSERT_NE(journal_, nullptr);
    EXPECT_GE(Positions().size(), 199u);
  }
}

TEST_F(SalvageTest, WhatItRefuses) {
  EXPECT_EQ(VerifyStore(Path("nowhere")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SalvageStore(Path("nowhere"), Copy("new")).status().code(),
            absl::StatusCode::kNotFound);
  Open();
  AppendOne("a");
  EXPECT_EQ(VerifyStore(options_.data_dir).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(SalvageStore(options_.data_dir, Copy("new")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  Close();
  EXPECT_EQ(SalvageStore(options_.data_dir, options_.data_dir).status().code(),
            absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace carillon::journal
