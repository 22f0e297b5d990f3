#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support.h"

namespace carillon::journal {

/// A journal with some events and a lane, for tests of what is parked.
class ParkedTest : public JournalTest {
 protected:
  void Start(int events) {
    Open();
    std::vector<std::string> ids;
    for (int i = 1; i <= events; ++i) ids.push_back("e" + std::to_string(i));
    ASSERT_TRUE(Append(ids).ok());
    lane_ = OpenLane("one").lane;
  }
  base::WallTime At(int64_t s) const { return clock_.Wall() + std::chrono::seconds(s); }
  static std::vector<uint64_t> PositionsOf(const DueDeliveries& due) {
    std::vector<uint64_t> positions;
    for (const DueDelivery& one : due.due) positions.push_back(one.parked.position);
    return positions;
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
