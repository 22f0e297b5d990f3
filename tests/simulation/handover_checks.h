#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "carillon/model/destination.h"
#include "placement.h"
#include "sim_parts.h"
#include "sim_publisher.h"
#include "sim_store.h"
#include "sim_threads.h"

namespace carillon::delivery {

/// What receivers and the store see of shards that change their owners: nothing goes again that is
/// durable, keys keep their order across owners, and what is delivered twice was cut off between.
/// Attempts of an owner that has lost its shard, which it does not know yet, are counted only.
class HandoverChecks {
 public:
  struct Counts {
    size_t by_deposed = 0;  // attempts
    size_t twice = 0;       // deliveries that were answered more than once
    size_t in_order = 0;    // attempts
  };

  HandoverChecks(const SimStore& store, const SimObserver& observer, size_t shards)
      : store_(store), observer_(observer), shards_(shards) {}

  /// Of `d<i>`: its tenant, and its order, which never changes.
  static std::string TenantOf(const std::string& name) {
    return SimPublisher::TenantOf(std::stoi(name.substr(1)));
  }
  static model::Ordering OrderOf(const std::string& name) {
    return static_cast<model::Ordering>(std::stoi(name.substr(1)) % 3);
  }
  static std::string NameOf(const SimCourier::Flight& flight) {
    return flight.host.substr(0, flight.host.find('.'));
  }

  /// A new owner serves the shard: what an earlier one had not written may come again.
  void OnCommit(const SimShard& shard) {
    Shard& known = shards_[shard.shard()];
    if (!Owns(shard) || known.epoch == shard.epoch()) return;
    known.epoch = shard.epoch();
    if (!std::exchange(known.clean, false)) ++known.unclean;
  }
  /// Its owner has given it up, and says that all is written. Returns whether that is so.
  bool OnGiven(size_t shard) { return shards_[shard].clean = IsDurable(shard); }

  void OnStart(const SimShard& shard, const SimCourier::Flight& flight) {
    const std::string name = NameOf(flight);
    const SimStore::Pair pair = PairOf(flight);
    EXPECT_EQ(ShardOf(name), shard.shard()) << name << " is served in another shard";
    if (!Owns(shard)) {
      ++counts_.by_deposed;
      return;
    }
    EXPECT_FALSE(store_.delivered.contains(pair)) << "sent again after its success was durable";
    EXPECT_FALSE(store_.dead.contains(pair)) << "sent again after it was dead";
    CheckOrder(name, pair);
  }

  void OnEnd(const SimShard& shard, const SimCourier::Flight& flight,
             const http::Response& response) {
    if (response.wire != model::Outcome::kSuccess || response.status != 200) return;
    const SimStore::Pair pair = PairOf(flight);
    if (pair.first == 0) return;  // of a deposed owner: it was taken out meanwhile
    if (!Owns(shard)) {
      answered_.try_emplace(pair);
      return;
    }
    const Answer answer{shards_[shard.shard()].unclean, shard.epoch()};
    const auto [at, is_first] = answered_.try_emplace(pair, answer);
    if (is_first) return;
    ++counts_.twice;
    EXPECT_GT(answer.unclean, at->second.unclean)
        << "position " << pair.second << " of " << NameOf(flight)
        << " was delivered twice, and nothing was cut off";
    at->second = answer;
  }

  const Counts& counts() const { return counts_; }

 private:
  struct Shard {
    uint64_t epoch = 0;    // under which it is served
    bool clean = false;    // whoever had it had written all outcomes
    uint64_t unclean = 0;  // how often it was not so
  };
  /// When a delivery was answered last by success; of none that owned the shard: never.
  struct Answer {
    uint64_t unclean = 0;  // of the shard, then
    uint64_t epoch = 0;
  };

  bool Owns(const SimShard& shard) const { return store_.Owns(shard.shard(), shard.epoch()); }
  size_t ShardOf(const std::string& name) const {
    return engine::ShardOf(TenantOf(name), name, shards_.size());
  }

  /// Of the lanes that are not closed, the last; 0: there is none.
  SimStore::Pair PairOf(const SimCourier::Flight& flight) {
    const std::string name = NameOf(flight);
    store::LaneId id = 0;
    for (const auto& [lane, record] : store_.lanes) {
      if (record.name.name == name && !record.closed) id = lane;
    }
    return {id, PositionFor(TenantOf(name), flight.event_id)};
  }
  uint64_t PositionFor(const std::string& tenant, const std::string& id) {
    for (; known_ < store_.events.size(); ++known_) {
      const model::EventPtr& event = store_.events[known_];
      if (event == nullptr) continue;
      positions_[{std::string(event->tenant()), std::string(event->id())}] = event->position();
    }
    const auto found = positions_.find({tenant, id});
    EXPECT_NE(found, positions_.end()) << id << " was sent, but is not stored";
    return found == positions_.end() ? 0 : found->second;
  }

  /// Of its key, the one before was answered at least once, by whomever, or is dead.
  void CheckOrder(const std::string& name, const SimStore::Pair& pair) {
    const model::Ordering order = OrderOf(name);
    if (order == model::Ordering::kNone) return;
    const std::string key = KeyOf(order, pair.second);
    if (key.empty() && order != model::Ordering::kStrict) return;
    ++counts_.in_order;
    for (uint64_t p = pair.second - 1; p >= store_.lanes.at(pair.first).since && p > 0; --p) {
      if (!store_.Wants(name, p) || KeyOf(order, p) != key) continue;
      const SimStore::Pair before(pair.first, p);
      EXPECT_TRUE(store_.dead.contains(before) || answered_.contains(before) ||
                  observer_.evicted.contains({name, p}))
          << "position " << pair.second << " went before " << p << " at " << name;
      return;
    }
  }
  std::string KeyOf(model::Ordering order, uint64_t position) const {
    if (order == model::Ordering::kStrict) return "";
    return std::string(store_.events[position - 1]->ordering_key());
  }

  /// Whether all is written that receivers answered the shard's last owner.
  bool IsDurable(size_t shard) const {
    return std::ranges::all_of(answered_, [&](const auto& entry) {
      const SimStore::LaneRecord& lane = store_.lanes.at(entry.first.first);
      const bool counts = entry.second.epoch == shards_[shard].epoch && !lane.out &&
                          ShardOf(lane.name.name) == shard;
      return !counts || store_.delivered.contains(entry.first);
    });
  }

  const SimStore& store_;
  const SimObserver& observer_;
  std::vector<Shard> shards_;
  std::map<SimStore::Pair, Answer> answered_;                          // with success, by whomever
  std::map<std::pair<std::string, std::string>, uint64_t> positions_;  // by tenant and id
  size_t known_ = 0;                                                   // events in positions_
  Counts counts_;
};

}  // namespace carillon::delivery
