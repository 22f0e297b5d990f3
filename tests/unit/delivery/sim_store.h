#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "carillon/store/stores.h"

namespace carillon::delivery {

/// What is on disk: outlives simulated crashes. Applies settlements and checks each against what
/// the dispatcher promises.
struct SimStore {
  struct LaneRecord {
    store::LaneName name;
    uint64_t since = 1;
    std::optional<uint64_t> cursor;
    bool out = false;  ///< taken out of the configuration: nothing is owed to it
    bool closed = false;
    store::Health health;
  };
  using Pair = std::pair<store::LaneId, uint64_t>;  // lane, position
  using ParkedId = std::tuple<store::LaneId, store::Due, uint64_t>;
  using EventKey = std::pair<std::string, std::string>;  // tenant, id: each has ids of its own
  static EventKey KeyOf(const model::Event& event) {
    return {std::string(event.tenant()), std::string(event.id())};
  }
  struct Row {
    uint32_t attempts = 0;
    store::GroupId group = 0;
    std::vector<store::BatchMember> rest;
    uint64_t bytes = 0;
    model::Trigger trigger = model::Trigger::kPublish;
    uint32_t earlier = 0;

    std::vector<uint64_t> Positions(const ParkedId& id) const {
      std::vector<uint64_t> all{std::get<2>(id)};
      for (const auto& member : rest) all.push_back(member.position);
      return all;
    }
  };
  static bool IsMark(const ParkedId& id) { return std::get<1>(id) == store::Due::Stuck(); }
  static bool IsTimed(const ParkedId& id) { return std::get<1>(id).timed(); }

  /// Whether the destination wants the event at a position: the truth that routing follows.
  std::function<bool(const std::string& destination, uint64_t position)> wants;
  /// Whether somebody was told that it is given up; null: nobody asks.
  std::function<bool(const std::string& destination, uint64_t position)> told;

  /// What somebody wanted to be given up, by destination: nobody is told of these.
  std::set<std::pair<std::string, uint64_t>> purged;

  /// Position 1 first; null where the log has none.
  std::vector<model::EventPtr> events;
  std::map<store::LaneId, LaneRecord> lanes;
  std::map<ParkedId, Row> parked;
  std::map<Pair, ParkedId> row_of;  // of each parked delivery
  std::map<EventKey, uint64_t> position_of;
  std::map<Pair, uint32_t> settled;         // number of the last attempt that settles
  std::vector<store::AttemptRow> attempts;  // all, in the order in which they were settled
  std::set<Pair> delivered;
  std::set<Pair> dead;
  uint64_t watermark = 0;  // the lowest of all shards
  struct Shard {
    uint64_t epoch = 0;
    uint64_t watermark = 0;
  };
  std::map<store::ShardId, Shard> shards;  // that there are in this life of the process
  uint64_t epochs = 0;                     // that were given

  void DeclareShards(uint32_t count) {
    for (store::ShardId shard = 0; shard < count; ++shard) {
      shards.try_emplace(shard, Shard{.watermark = watermark});
    }
  }
  /// What there is of `shard` for an owner that begins now.
  store::ShardState TakeShard(store::ShardId shard) {
    Shard& taken = shards.try_emplace(shard, Shard{.watermark = watermark}).first->second;
    taken.epoch = ++epochs;
    std::vector<std::pair<uint64_t, store::LaneId>> known;
    const auto keep = [&](const Pair& pair) {
      const auto& cursor = lanes.at(pair.first).cursor;
      const bool again = pair.second > taken.watermark || (cursor && pair.second >= *cursor);
      if (again) known.emplace_back(pair.second, pair.first);
    };
    for (const auto& [pair, number] : settled) keep(pair);
    for (const auto& [pair, row] : row_of) keep(pair);
    for (const auto& pair : dead) keep(pair);
    return {taken.epoch, taken.watermark, last(),
            std::make_shared<const store::SettledSet>(std::move(known))};
  }
  bool Owns(store::ShardId shard, uint64_t epoch) const {
    const auto found = shards.find(shard);
    return found != shards.end() && found->second.epoch == epoch;
  }

  // --- Retention: what is settled and below `leave_to` is gone, but for what is parked.
  uint64_t gone_to = 0;
  uint64_t leave_to = 0;
  size_t kept_events = SIZE_MAX;     ///< bound of each lane
  size_t kept_of_tenant = SIZE_MAX;  ///< bound of all lanes of a tenant together
  std::chrono::nanoseconds kept_age = std::chrono::hours(10'000);
  std::map<store::LaneId, uint64_t> cuts;  ///< the highest position that each had to give up
  std::set<uint64_t> parked_positions() const {
    std::set<uint64_t> positions;
    for (const auto& [pair, id] : row_of) positions.insert(pair.second);
    return positions;
  }
  void Retain(uint64_t window) {
    leave_to = watermark > window ? watermark - window : 0;
    uint64_t floor = std::min(watermark, leave_to);
    for (const auto& [id, lane] : lanes) {
      if (lane.cursor && !lane.closed) floor = std::min(floor, *lane.cursor - 1);
    }
    gone_to = std::max(gone_to, floor);
  }
  bool IsThere(uint64_t position, const std::set<uint64_t>& parked_ones) const {
    if (events[position - 1] == nullptr) return false;
    return position > gone_to || parked_ones.contains(position);
  }
  /// What each lane has to give up: rows over its bound or its tenant's, oldest first, and what is
  /// too old.
  std::map<store::LaneId, store::EvictionRequest> Cut(base::WallTime now) {
    std::map<store::LaneId, std::vector<std::pair<uint64_t, size_t>>> rows;
    std::map<std::string, size_t> tenants;
    for (const auto& [id, row] : parked) {
      if (IsMark(id)) continue;
      rows[std::get<0>(id)].push_back({std::get<2>(id), 1 + row.rest.size()});
      tenants[lanes.at(std::get<0>(id)).name.tenant] += 1 + row.rest.size();
    }
    std::map<store::LaneId, store::EvictionRequest> cut;
    for (auto& [lane, each] : rows) {
      // Where a tenant has too much, each of its lanes may have the same: the journal is not so
      // strict with some while others have less.
      const std::string& tenant = lanes.at(lane).name.tenant;
      const auto of_tenant = std::ranges::count_if(
          rows, [&](const auto& other) { return lanes.at(other.first).name.tenant == tenant; });
      const size_t level = tenants[tenant] > kept_of_tenant
                               ? kept_of_tenant / static_cast<size_t>(of_tenant)
                               : SIZE_MAX;
      uint64_t over_level = 0;
      std::sort(each.rbegin(), each.rend());
      store::EvictionRequest evict;
      size_t sum = 0;
      for (const auto& [position, deliveries] : each) {
        sum += deliveries;
        if (events[position - 1]->accepted_at() < now - kept_age) {
          evict.too_old_to = std::max(evict.too_old_to, position);
        }
        if (sum > kept_events) evict.up_to = std::max(evict.up_to, position);
        if (sum > level) over_level = std::max(over_level, position);
      }
      evict.up_to = std::max(evict.up_to, evict.too_old_to);
      if (over_level > evict.up_to) {
        evict.of_tenant_above = std::exchange(evict.up_to, over_level);
      }
      if (evict.up_to == 0) continue;
      cut[lane] = evict;
      for (const auto& [id, row] : parked) {  // a batch goes whole
        if (std::get<0>(id) != lane || std::get<2>(id) > evict.up_to) continue;
        for (const uint64_t position : row.Positions(id)) {
          cuts[lane] = std::max(cuts[lane], position);
        }
      }
    }
    return cut;
  }

  uint64_t last() const { return events.size(); }

  void Apply(const store::Settlement& s) {
    for (const auto& row : s.attempts) ApplyAttempt(row, s);
    for (const auto& key : s.unparked) Unpark({key.lane, key.due, key.position});
    for (const auto& row : s.parked) Park(row);
    for (const auto& row : s.dead) {
      const bool first = dead.insert({row.lane, row.position}).second;
      const std::string& name = lanes.at(row.lane).name.name;
      const bool known = !told || purged.contains({name, row.position}) || told(name, row.position);
      EXPECT_TRUE(known) << "not told of";
      EXPECT_TRUE(first || lanes.at(row.lane).out) << "dead twice";
      EXPECT_FALSE(delivered.contains({row.lane, row.position}));
    }
    uint64_t& mine = shards.at(s.shard).watermark;
    EXPECT_GE(s.watermark, mine);
    EXPECT_LE(s.watermark, last());
    const uint64_t before = watermark;
    mine = s.watermark;
    watermark = UINT64_MAX;
    for (const auto& [id, shard] : shards) watermark = std::min(watermark, shard.watermark);
    for (const auto& row : s.healths) lanes.at(row.lane).health = row.health;
    for (const auto& cursor : s.cursors) ApplyCursor(cursor);
    for (const auto& [id, lane] : lanes) CheckSettled(id, lane, before + 1, watermark);
  }

  /// So many positions are never used.
  void Skip(uint64_t positions) { events.resize(events.size() + positions); }
  bool Wants(const std::string& destination, uint64_t position) const {
    return events[position - 1] != nullptr && wants(destination, position);
  }
  void Append(const std::shared_ptr<model::Event>& event, base::WallTime at) {
    event->Accept(last() + 1, at);
    events.push_back(event);
    position_of[KeyOf(*event)] = event->position();
  }

  void Park(const store::Parked& row) {
    const ParkedId id{row.lane, row.due, row.position};
    const Row& kept = parked
                          .emplace(id, Row{row.attempts, row.group, row.rest, row.bytes,
                                           row.trigger, row.earlier})
                          .first->second;
    if (IsMark(id)) return;
    // What is made again begins anew, whatever became of it.
    if (row.again() && row.attempts == 0) {
      for (const uint64_t position : kept.Positions(id)) {
        const Pair pair{row.lane, position};
        settled[pair] = 0;
        delivered.erase(pair);
        dead.erase(pair);
      }
    }
    // One number for a batch: that of its most tried. What was held alone comes with its own.
    decltype(row.attempts) most = 0;
    for (const uint64_t position : kept.Positions(id)) {
      EXPECT_TRUE(row_of.emplace(Pair{row.lane, position}, id).second) << "parked twice";
      const auto attempt = settled.find({row.lane, position});
      if (attempt != settled.end()) most = std::max<decltype(most)>(most, attempt->second);
    }
    EXPECT_EQ(row.attempts, most);
  }

  void Unpark(const ParkedId& id) {
    const auto row = parked.find(id);
    ASSERT_NE(row, parked.end()) << "unparked twice: " << std::get<2>(id);
    if (!IsMark(id)) {
      for (const uint64_t position : row->second.Positions(id)) {
        row_of.erase({std::get<0>(id), position});
      }
    }
    parked.erase(row);
  }

  /// It needs nothing more before the process ends: what an event above the watermark is asked.
  bool IsSettled(const Pair& pair) const {
    return settled.contains(pair) || dead.contains(pair) || row_of.contains(pair);
  }

  /// Deliveries of a batch that was taken apart may go in another one with others, which were tried
  /// more or less often: that counts its attempts by the most.
  void ApplyAttempt(const store::AttemptRow& row, const store::Settlement& s) {
    attempts.push_back(row);
    const Pair pair{row.lane, row.position};
    const auto before = settled.find(pair);
    const uint32_t expected = before == settled.end() ? 1 : before->second + 1;
    const bool in_batch = std::any_of(s.attempts.begin(), s.attempts.end(), [&](const auto& other) {
      return other.lane == row.lane && other.position != row.position && other.number == row.number;
    });
    EXPECT_GE(row.number, expected) << "lane " << row.lane << " position " << row.position;
    if (!in_batch) EXPECT_EQ(row.number, expected);
    EXPECT_FALSE(delivered.contains(pair)) << "attempted after it was delivered";
    if (!row.settles) return;
    settled[pair] = row.number;
    if (row.outcome == model::Outcome::kSuccess) delivered.insert(pair);
  }

  void ApplyCursor(const store::LaneCursor& cursor) {
    LaneRecord& lane = lanes.at(cursor.lane);
    const std::optional<uint64_t> before = std::exchange(lane.cursor, cursor.position);
    if (before && cursor.position) EXPECT_GE(*cursor.position, *before) << "a cursor went back";
    if (before) CheckSettled(cursor.lane, lane, *before, watermark);
  }

  /// Every event from `from` to `to` that the lane wants is settled, or the cursor covers it.
  void CheckSettled(store::LaneId id, const LaneRecord& lane, uint64_t from, uint64_t to) const {
    if (lane.out) return;
    if (lane.cursor) to = std::min(to, *lane.cursor - 1);
    for (uint64_t p = std::max(from, lane.since); p <= to; ++p) {
      if (!Wants(lane.name.name, p)) continue;
      EXPECT_TRUE(IsSettled({id, p}))
          << "the watermark passed position " << p << ", unsettled for lane " << id;
    }
  }

  void TakeOut(store::LaneId id) { lanes.at(id).out = true; }

  void CloseLane(store::LaneId id) {
    EXPECT_TRUE(lanes.at(id).out);
    lanes.at(id).closed = true;
    lanes.at(id).cursor.reset();
    for (auto it = parked.lower_bound({id, store::Due(), 0});
         it != parked.end() && std::get<0>(it->first) == id;) {
      const ParkedId row = (it++)->first;
      if (!IsMark(row)) {
        for (const uint64_t p : parked.at(row).Positions(row)) dead.insert({id, p});
      }
      Unpark(row);
    }
  }

  store::LaneState Open(const store::LaneName& name) {
    for (const auto& [id, lane] : lanes) {
      if (!lane.out && lane.name == name) return State(id);
    }
    const auto id = static_cast<store::LaneId>(lanes.size() + 1);
    lanes[id] = {.name = name, .since = last() + 1};
    return State(id);
  }

  store::LaneState State(store::LaneId id) const {
    const LaneRecord& lane = lanes.at(id);
    store::LaneState state{
        .lane = id, .since = lane.since, .cursor = lane.cursor, .health = lane.health};
    std::map<store::GroupId, store::GroupState> groups;
    for (auto it = parked.lower_bound({id, store::Due(), 0});
         it != parked.end() && std::get<0>(it->first) == id; ++it) {
      const auto& [key, row] = *it;
      if (!IsMark(key)) state.parked += 1 + row.rest.size();
      if (IsTimed(key) && !state.next_due) state.next_due = std::get<1>(key).time();
      if (std::get<1>(key) == store::Due::Kept()) {
        ++state.kept;
        continue;
      }
      const bool held = !IsMark(key) && !IsTimed(key);
      std::set<store::GroupId> of{held ? std::get<1>(key).group() : row.group};
      for (const auto& member : row.rest) of.insert(member.group);
      for (const auto group : of) {
        if (group == 0) continue;
        auto& known = groups[group];
        known.group = group;
        if (IsMark(key)) {
          known.stuck = true;
        } else {
          ++(IsTimed(key) ? known.timed : known.held);
        }
      }
    }
    for (const auto& [group, known] : groups) state.groups.push_back(known);
    return state;
  }

  /// What a lane has left that nobody serves.
  store::RetiredLane LeftOf(store::LaneId id) const {
    const LaneRecord& lane = lanes.at(id);
    const uint64_t from = std::max(lane.since, lane.cursor.value_or(watermark + 1));
    return {lane.name, lane.out, State(id).parked, from, last()};
  }

  /// Everything owed is delivered or dead, and the store says so.
  bool Complete() const {
    if (watermark != last()) return false;
    for (const auto& [key, row] : parked) {
      if (!lanes.at(std::get<0>(key)).out) return false;
    }
    for (const auto& [id, lane] : lanes) {
      if (lane.cursor && !lane.out) return false;
    }
    return true;
  }

  /// What is parked, for a message.
  std::string Leftovers() const {
    std::string text;
    for (const auto& [id, row] : parked) {
      const auto& [lane, due, position] = id;
      if (lanes.at(lane).out) continue;
      text += "\n  lane " + std::to_string(lane) + " position " + std::to_string(position) +
              (IsMark(id)    ? " mark"
               : IsTimed(id) ? " due " + std::to_string(base::ToUnixNanos(due.time()) / 1'000'000)
                             : " held") +
              " group " + std::to_string(row.group) + " and " + std::to_string(row.rest.size());
    }
    return text;
  }

  void CheckComplete() const {
    for (const auto& [id, lane] : lanes) {
      if (lane.out) continue;
      for (uint64_t p = lane.since; p <= last(); ++p) {
        if (!Wants(lane.name.name, p)) continue;
        EXPECT_TRUE(delivered.contains({id, p}) || dead.contains({id, p}))
            << "position " << p << " was lost for lane " << id;
      }
    }
  }
};

}  // namespace carillon::delivery
