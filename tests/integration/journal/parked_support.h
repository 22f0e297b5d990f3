#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "support.h"

namespace carillon::journal {

/// A journal with some events and a lane, for tests of what is parked.
class ParkedTest : public JournalTest {
 protected:
  void Start(int events) {
    Open();
    ASSERT_TRUE(Append(Ids(events)).ok());
    lane_ = OpenLane("one").lane;
  }
  /// The lane before the events: it wants them.
  void OpenFirst(int events) {
    Open();
    lane_ = OpenLane("one").lane;
    ASSERT_TRUE(Append(Ids(events)).ok());
  }
  static std::vector<std::string> Ids(int events) {
    std::vector<std::string> ids;
    for (int i = 1; i <= events; ++i) ids.push_back("e" + std::to_string(i));
    return ids;
  }
  Due At(int64_t s) const { return Due::At(clock_.Wall() + std::chrono::seconds(s)); }
  using JournalTest::TakeDue;
  DueDeliveries TakeDue(LaneId lane, Due until, size_t limit = 1000) {
    return TakeDue(lane, until.time(), limit);
  }
  static std::vector<uint64_t> PositionsOf(const DueDeliveries& due) {
    std::vector<uint64_t> positions;
    for (const DueDelivery& one : due.due) positions.push_back(one.parked.position);
    return positions;
  }
  absl::Status TakeOut(std::vector<LaneName> names) {
    std::promise<absl::Status> done;
    journal_->TakeOut({{.shard = 0, .epoch = shards_[0].epoch, .names = std::move(names)}},
                      [&](absl::Status s) { done.set_value(std::move(s)); });
    return done.get_future().get();
  }
  /// Retires the lanes that the test did not open since the start; returns those that had anything
  /// left.
  std::vector<RetiredLane> RetireUnopened() {
    const auto all = ListLanes();
    EXPECT_TRUE(all.ok()) << all.status();
    std::vector<LaneId> others;
    for (const ListedLane& lane : all.value_or(std::vector<ListedLane>())) {
      if (lane.taken_out || !opened_.contains(lane.lane)) others.push_back(lane.lane);
    }
    auto left = RetireLanes(std::move(others));
    EXPECT_TRUE(left.ok()) << left.status();
    return left.ok() ? *std::move(left) : std::vector<RetiredLane>();
  }
  LaneId lane_ = 0;
};

/// For tests of what retention removes.
class RetentionTest : public ParkedTest {
 protected:
  /// One chunk for each event.
  void Fill(int events) {
    Open();
    lane_ = OpenLane("one").lane;
    for (int i = 1; i <= events; ++i) AppendOne("e" + std::to_string(i), 1000);
  }
  uint64_t WalBytes() const { return std::filesystem::file_size(DatabaseFile() + "-wal"); }
  bool Left(std::vector<uint64_t> positions) {
    return Eventually([&] { return Positions() == positions; });
  }
};

}  // namespace carillon::journal
