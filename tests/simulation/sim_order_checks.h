#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/model/destination.h"
#include "sim_owner.h"
#include "sim_store.h"

namespace carillon::delivery {

/// What is promised of order: deliveries of one key go one after another, each later than the last,
/// and behind a dead one only where that is wanted.
class SimOrderChecks {
 public:
  /// An attempt, by what it contains.
  struct Attempt {
    store::LaneId lane = 0;
    const model::Destination& destination;
    const std::vector<uint64_t>& positions;
  };

  SimOrderChecks(const SimStore& store, const SimOwner& owner, const base::Clock& clock)
      : store_(store), owner_(owner), clock_(clock) {}

  void NewLife() { last_.clear(); }
  /// The destination is in force so. Another order is that of what is accepted from now on.
  void OnChange(const model::Destination& destination) {
    changed_at_ = clock_.Mono();
    uint64_t& from = from_[destination.name];
    const model::Ordering order = std::exchange(orders_[destination.name], destination.order.by);
    if (from == 0 || order != destination.order.by) from = store_.last() + 1;
  }
  /// The first position under the order that it has.
  uint64_t From(const model::Destination& destination) const { return from_.at(destination.name); }

  /// `changing`: whether what is dead holds is open. `in_flight`: the other attempts to the same
  /// destination. Returns how many deliveries have an order.
  size_t OnStart(const Attempt& attempt, const std::vector<std::vector<uint64_t>>& in_flight,
                 bool changing) {
    const auto& [lane, destination, positions] = attempt;
    if (destination.order.by == model::Ordering::kNone) return 0;
    size_t in_order = 0;
    Keys keys;
    for (const uint64_t position : positions) {
      const auto key = KeyOf(destination, position);
      if (!key || position < From(destination)) continue;
      const auto [at, is_first] = keys.try_emplace(*key, position, position);
      if (!is_first) EXPECT_GT(position, at->second.second) << "a batch out of order";
      at->second.second = position;
      ++in_order;
      if (destination.order.after_dead == model::AfterDead::kHold && !changing) {
        CheckNotHeld(lane, destination, *key, position);
      }
    }
    CheckSequence(lane, destination, keys);
    CheckAlone(destination, keys, in_flight);
    return in_order;
  }

 private:
  /// First and last position of each key.
  using Keys = std::map<std::string, std::pair<uint64_t, uint64_t>>;

  void CheckSequence(store::LaneId lane, const model::Destination& destination, const Keys& keys) {
    for (const auto& [key, range] : keys) {
      auto& last = last_[{lane, key}];
      // Again what went last, or, of a batch that was taken apart, its first, or what follows that
      // when it was given up.
      const bool first_gone = range.first > last.first && store_.told &&
                              (store_.told(destination.name, last.first) ||
                               store_.purged.contains({destination.name, last.first}));
      EXPECT_TRUE(range.first == last.first || range.first > last.second || first_gone)
          << "key '" << key << "' out of order at lane " << lane << ": " << range.first << " after "
          << last.second;
      last = range;
    }
  }

  void CheckAlone(const model::Destination& destination, const Keys& keys,
                  const std::vector<std::vector<uint64_t>>& in_flight) const {
    for (const std::vector<uint64_t>& positions : in_flight) {
      for (const uint64_t position : positions) {
        const auto key = KeyOf(destination, position);
        if (position < From(destination)) continue;
        EXPECT_FALSE(key && keys.contains(*key)) << "two of one key in flight";
      }
    }
  }

  void CheckNotHeld(store::LaneId lane, const model::Destination& destination,
                    const std::string& key, uint64_t position) const {
    // A mark that the last table let pass may be on its way out of the store.
    if (clock_.Mono() - changed_at_ < std::chrono::seconds(1)) return;
    if (owner_.MayBe(destination.name, LaneCommand::kRelease)) return;
    for (const auto& [id, row] : store_.parked) {
      if (!SimStore::IsMark(id) || std::get<0>(id) != lane) continue;
      if (std::get<2>(id) < From(destination)) continue;
      if (KeyOf(destination, std::get<2>(id)) != key) continue;
      if (store_.purged.contains({destination.name, std::get<2>(id)})) continue;  // it may pass
      EXPECT_LT(position, std::get<2>(id)) << "went on behind a dead delivery";
    }
  }

  std::optional<std::string> KeyOf(const model::Destination& destination, uint64_t position) const {
    if (destination.order.by == model::Ordering::kStrict) return "";
    const auto key = store_.events[position - 1]->ordering_key();
    return key.empty() ? std::nullopt : std::optional<std::string>(key);
  }

  const SimStore& store_;
  const SimOwner& owner_;
  const base::Clock& clock_;
  std::map<std::string, model::Ordering> orders_;  // by name, as last known
  std::map<std::string, uint64_t> from_;           // the first position under that order
  base::MonoTime changed_at_{};
  std::map<std::pair<store::LaneId, std::string>, std::pair<uint64_t, uint64_t>> last_;
};

}  // namespace carillon::delivery
