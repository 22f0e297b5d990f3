#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "carillon/journal/journal.h"

namespace carillon::delivery {

/// What is on disk: outlives simulated crashes. Applies settlements and checks each against what
/// the dispatcher promises.
struct SimStore {
  struct LaneRecord {
    journal::LaneName name;
    uint64_t since = 1;
    std::optional<uint64_t> cursor;
    bool closed = false;
  };
  using Pair = std::pair<journal::LaneId, uint64_t>;  // lane, position
  using ParkedId = std::tuple<journal::LaneId, base::WallTime, uint64_t>;

  /// Whether the destination wants the event at a position: the truth that routing follows.
  std::function<bool(const std::string& destination, uint64_t position)> wants;

  std::vector<model::EventPtr> events;  // position 1 first
  std::map<journal::LaneId, LaneRecord> lanes;
  std::map<ParkedId, uint32_t> parked;
  std::map<Pair, uint32_t> settled;  // number of the last attempt that settles
  std::set<Pair> delivered;
  std::set<Pair> dead;
  std::set<journal::LaneId> excused;  // taken out of the configuration: nothing is owed to them
  uint64_t watermark = 0;

  uint64_t last() const { return events.size(); }

  void Apply(const journal::Settlement& s) {
    for (const auto& row : s.attempts) ApplyAttempt(row);
    for (const auto& key : s.unparked) {
      EXPECT_EQ(parked.erase({key.lane, key.due, key.position}), 1u) << "unparked twice";
    }
    for (const auto& row : s.parked) {
      EXPECT_TRUE(parked.emplace(ParkedId{row.lane, row.due, row.position}, row.attempts).second);
      EXPECT_EQ(row.attempts, (settled[{row.lane, row.position}]));
    }
    for (const auto& row : s.dead) {
      const bool first = dead.insert({row.lane, row.position}).second;
      EXPECT_TRUE(first || excused.contains(row.lane)) << "dead twice";
      EXPECT_FALSE(delivered.contains({row.lane, row.position}));
    }
    EXPECT_GE(s.watermark, watermark);
    EXPECT_LE(s.watermark, last());
    const uint64_t before = watermark;
    watermark = s.watermark;
    for (const auto& cursor : s.cursors) ApplyCursor(cursor);
    for (const auto& [id, lane] : lanes) CheckSettled(id, lane, before + 1, watermark);
  }

  void ApplyAttempt(const journal::AttemptRow& row) {
    const Pair pair{row.lane, row.position};
    const auto before = settled.find(pair);
    EXPECT_EQ(row.number, before == settled.end() ? 1 : before->second + 1)
        << "lane " << row.lane << " position " << row.position;
    EXPECT_FALSE(delivered.contains(pair)) << "attempted after it was delivered";
    if (!row.settles) return;
    settled[pair] = row.number;
    if (row.outcome == model::Outcome::kSuccess) delivered.insert(pair);
  }

  void ApplyCursor(const journal::LaneCursor& cursor) {
    LaneRecord& lane = lanes.at(cursor.lane);
    const std::optional<uint64_t> before = std::exchange(lane.cursor, cursor.position);
    if (before && cursor.position) EXPECT_GE(*cursor.position, *before) << "a cursor went back";
    if (before) CheckSettled(cursor.lane, lane, *before, watermark);
  }

  /// Every event from `from` to `to` that the lane wants is settled, or the cursor covers it.
  void CheckSettled(journal::LaneId id, const LaneRecord& lane, uint64_t from, uint64_t to) const {
    if (lane.closed || excused.contains(id)) return;
    if (lane.cursor) to = std::min(to, *lane.cursor - 1);
    for (uint64_t p = std::max(from, lane.since); p <= to; ++p) {
      if (!wants(lane.name.name, p)) continue;
      EXPECT_TRUE(settled.contains({id, p}) || dead.contains({id, p}))
          << "the watermark passed position " << p << ", unsettled for lane " << id;
    }
  }

  void CloseLane(journal::LaneId id) {
    lanes.at(id).closed = true;
    lanes.at(id).cursor.reset();
    excused.insert(id);
    for (auto it = parked.lower_bound({id, base::WallTime::min(), 0});
         it != parked.end() && std::get<0>(it->first) == id;) {
      dead.insert({id, std::get<2>(it->first)});
      it = parked.erase(it);
    }
  }

  journal::LaneState Open(const journal::LaneName& name) {
    for (const auto& [id, lane] : lanes) {
      if (!lane.closed && lane.name == name) return State(id);
    }
    const auto id = static_cast<journal::LaneId>(lanes.size() + 1);
    lanes[id] = {.name = name, .since = last() + 1};
    return State(id);
  }

  journal::LaneState State(journal::LaneId id) const {
    journal::LaneState state{
        .lane = id, .since = lanes.at(id).since, .cursor = lanes.at(id).cursor};
    for (const auto& [key, attempts] : parked) {
      if (std::get<0>(key) != id) continue;
      ++state.parked;
      if (!state.next_due) state.next_due = std::get<1>(key);
    }
    return state;
  }

  /// Everything owed is delivered or dead, and the store says so.
  bool Complete() const {
    if (watermark != last()) return false;
    for (const auto& [key, attempts] : parked) {
      if (!excused.contains(std::get<0>(key))) return false;
    }
    for (const auto& [id, lane] : lanes) {
      if (lane.cursor && !excused.contains(id)) return false;
    }
    return true;
  }

  void CheckComplete() const {
    for (const auto& [id, lane] : lanes) {
      if (excused.contains(id)) continue;
      for (uint64_t p = lane.since; p <= last(); ++p) {
        if (!wants(lane.name.name, p)) continue;
        EXPECT_TRUE(delivered.contains({id, p}) || dead.contains({id, p}))
            << "position " << p << " was lost for lane " << id;
      }
    }
  }
};

}  // namespace carillon::delivery
