#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/codec/body.h"
#include "carillon/model/destination.h"
#include "carillon/policy/retry.h"
#include "sim_order_checks.h"
#include "sim_owner.h"
#include "sim_parts.h"
#include "sim_retry_times.h"
#include "sim_store.h"
#include "sim_tokens.h"

namespace carillon::delivery {

/// What a receiver and the store together can see of a shard's promises, checked at each attempt.
class SimChecks {
 public:
  struct Counts {
    size_t retries = 0;
    size_t shortages = 0;
    size_t pauses = 0;
    size_t batches = 0;
    size_t retried_batches = 0;
    size_t in_order = 0;
    size_t taken_apart = 0;  // deliveries
    size_t timed = 0;        // retries whose time was looked at

    Counts& operator+=(const Counts& other) {
      retries += other.retries;
      shortages += other.shortages;
      pauses += other.pauses;
      batches += other.batches;
      retried_batches += other.retried_batches;
      in_order += other.in_order;
      taken_apart += other.taken_apart;
      timed += other.timed;
      return *this;
    }
  };

  SimChecks(const SimStore& store, const SimOwner& owner, const base::Clock& clock)
      : store_(store), owner_(owner), clock_(clock) {}

  /// The process died; what it knew in memory is gone.
  void NewLife() {
    last_fresh_.clear();
    answered_.clear();
    paused_until_.clear();
    tokens_.NewLife();
    order_.NewLife();
    gone_.clear();
    retry_times_.NewLife();
  }
  /// Somebody set the clock.
  void OnClockSet() { retry_times_.OnClockSet(); }
  /// A table is being swapped: whether a destination is enabled is open until it is in force.
  void SetChanging(bool changing) { changing_ = changing; }
  void SetDestinations(const std::vector<model::Destination>& destinations) {
    const auto before = std::exchange(destinations_, {});
    for (const model::Destination& d : destinations) {
      destinations_[d.name] = d;
      const auto was = before.find(d.name);
      const auto is_of = [&](auto id) { return store_.lanes.at(id).name.name == d.name; };
      if (was == before.end()) std::erase_if(gone_, is_of);
      if (was == before.end() || was->second.rate != d.rate) tokens_.ForgetRates(is_of);
      if (was == before.end() || was->second.retry.budget != d.retry.budget) {
        tokens_.ForgetBudgets(is_of);
      }
      order_.OnChange(d);
    }
  }
  /// A shard enables the destination, since its owner called.
  void OnEnabled(const std::string& name) {
    std::erase_if(gone_, [&](auto id) { return store_.lanes.at(id).name.name == name; });
  }
  void OnStart(const SimCourier::Flight& flight,
               const std::vector<const SimCourier::Flight*>& flights) {
    const store::LaneId lane = LaneOf(flight);
    const std::vector<uint64_t> positions = PositionsOf(flight);
    const model::Destination* destination = DestinationOf(flight);
    ASSERT_FALSE(positions.empty()) << flight.body;
    EXPECT_GE(clock_.Mono(), paused_until_[lane]) << "sent to a destination that pauses";
    CheckEnabled(lane, destination);
    CheckRow(lane, positions, flight);
    retry_times_.OnStart(lane, positions);
    counts_.timed = retry_times_.checked();
    for (const uint64_t position : positions) CheckDelivery({lane, position}, destination);
    if (destination != nullptr) {
      EXPECT_TRUE(positions.size() == 1 || codec::IsBatchFormat(destination->format))
          << "a batch in a format of one event";
      if (destination->rate) tokens_.CheckRate(lane, *destination->rate);
      counts_.in_order +=
          order_.OnStart({.lane = lane, .destination = *destination, .positions = positions},
                         OthersOf(flight, flights), changing_);
    }
  }

  void OnEnd(const SimCourier::Flight& flight, const http::Response& response) {
    const store::LaneId lane = LaneOf(flight);
    const model::Destination* destination = DestinationOf(flight);
    const model::SuccessRule rule =
        destination == nullptr ? model::SuccessRule::k2xx : destination->success;
    const bool success =
        policy::JudgeAttempt(rule, response.wire, response.status) == model::Outcome::kSuccess;
    if (!success && destination != nullptr) NotePause(lane, response, *destination);
    retry_times_.OnEnd(lane, PositionsOf(flight), success, response, destination);
    if (response.wire == model::Outcome::kLocalShortage) {
      NoteShortage(lane, PositionsOf(flight)[0], destination);
    }
    if (!success && response.status == 410 && destination != nullptr &&
        destination->disabling.on_gone) {
      gone_.insert(lane);
    }
    for (const uint64_t position : PositionsOf(flight)) {
      if (success) {
        EXPECT_TRUE(answered_.insert({lane, position}).second) << "delivered twice in one life";
      }
    }
  }

  /// The process was drained: what receivers answered is known after a restart.
  void CheckDurable() const {
    for (const SimStore::Pair& pair : answered_) {
      EXPECT_TRUE(store_.delivered.contains(pair))
          << "drained before it was durable: position " << pair.second << " of lane " << pair.first;
    }
  }

  const Counts& counts() const { return counts_; }
  /// Of those that are not closed.
  store::LaneId LaneOf(const SimCourier::Flight& flight) const {
    const std::string name = flight.host.substr(0, flight.host.find('.'));
    store::LaneId id = 0;
    for (const auto& [lane, record] : store_.lanes) {
      if (record.name.name == name && !record.closed) id = lane;
    }
    return id;
  }
  /// What waits at the destination may be given up: its batches get smaller.
  void OnPurge(const std::string& name) {
    std::erase_if(batches_, [&](const auto& batch) {
      return store_.lanes.at(batch.first.first).name.name == name;
    });
  }

 private:
  /// Names of destinations differ, whatever their tenant.
  std::string TenantOf(const SimCourier::Flight& flight) const {
    const std::string name = flight.host.substr(0, flight.host.find('.'));
    const auto named = [&](const auto& entry) { return entry.second.name.name == name; };
    return std::ranges::find_if(store_.lanes, named)->second.name.tenant;
  }
  const model::Destination* DestinationOf(const SimCourier::Flight& flight) const {
    const auto found = destinations_.find(flight.host.substr(0, flight.host.find('.')));
    return found == destinations_.end() ? nullptr : &found->second;
  }

  /// A batch's events begin their payloads with their ids.
  std::vector<uint64_t> PositionsOf(const SimCourier::Flight& flight) const {
    const std::string tenant = TenantOf(flight);
    if (const auto one = store_.position_of.find({tenant, flight.event_id});
        one != store_.position_of.end()) {
      return {one->second};
    }
    std::vector<uint64_t> positions;
    for (size_t at = flight.body.find("\"e"); at != std::string::npos;
         at = flight.body.find("\"e", at + 1)) {
      const size_t end = flight.body.find_first_not_of("0123456789", at + 2);
      if (flight.body[end] != 'x' || end == at + 2) continue;  // a CloudEvent's id, or a type
      const std::string id = flight.body.substr(at + 1, end - at - 1);
      positions.push_back(store_.position_of.at({tenant, id}));
    }
    return positions;
  }

  /// What the other attempts to the same destination contain.
  std::vector<std::vector<uint64_t>> OthersOf(
      const SimCourier::Flight& flight,
      const std::vector<const SimCourier::Flight*>& flights) const {
    std::vector<std::vector<uint64_t>> others;
    for (const SimCourier::Flight* other : flights) {
      if (other->host == flight.host) others.push_back(PositionsOf(*other));
    }
    return others;
  }

  void CheckEnabled(store::LaneId lane, const model::Destination* destination) {
    const store::Health& health = store_.lanes.at(lane).health;
    if (changing_ || destination == nullptr) return;
    EXPECT_TRUE(destination->enabled) << "sent to a destination that is switched off";
    EXPECT_FALSE(gone_.contains(lane)) << "sent to a destination that is gone";
    if (health.disabled && *health.disabled != model::DisabledReason::kOperator) {
      EXPECT_TRUE(owner_.MayBe(destination->name, LaneCommand::kEnable))
          << "sent to a disabled destination";
    }
  }

  /// What is parked together goes together, with the same id and bytes whenever it goes.
  void CheckRow(store::LaneId lane, const std::vector<uint64_t>& positions,
                const SimCourier::Flight& flight) {
    const auto row = store_.row_of.find({lane, positions[0]});
    const bool retry = row != store_.row_of.end() && SimStore::IsTimed(row->second);
    if (retry) {
      EXPECT_EQ(store_.parked.at(row->second).Positions(row->second), positions)
          << "not the batch that was parked";
      ++counts_.retries;
      if (positions.size() > 1) ++counts_.retried_batches;
    }
    const model::Destination* destination = DestinationOf(flight);
    if (destination != nullptr) {
      const bool tried = retry && store_.parked.at(row->second).attempts > 0;
      tokens_.CheckBudget(lane, retry, tried, destination->retry.budget);
    }
    if (positions.size() == 1) {
      counts_.taken_apart += retry ? together_.erase({lane, positions[0]}) : 0;
      return;
    }
    for (const uint64_t position : positions) together_.insert({lane, position});
    ++counts_.batches;
    if (destination == nullptr) return;
    const std::string form =
        std::to_string(static_cast<int>(destination->format)) + destination->cloudevents_source;
    const auto sent = batches_.try_emplace({lane, flight.event_id + " " + form}, flight.body).first;
    EXPECT_EQ(sent->second, flight.body) << "another batch under the same id";
  }

  void CheckDelivery(const SimStore::Pair& pair, const model::Destination* destination) {
    const auto [lane, position] = pair;
    EXPECT_TRUE(store_.wants(store_.lanes.at(lane).name.name, position));
    EXPECT_GE(position, store_.lanes.at(lane).since);
    EXPECT_FALSE(store_.delivered.contains(pair)) << "sent again after its success was durable";
    EXPECT_FALSE(store_.dead.contains(pair)) << "sent again after it was dead";
    if (store_.row_of.contains(pair)) return;
    EXPECT_FALSE(store_.settled.contains(pair)) << "sent again after it settled";
    const bool unordered =
        destination != nullptr && destination->order.by == model::Ordering::kNone;
    if (!unordered || position < order_.From(*destination)) return;
    uint64_t& last = last_fresh_[lane];
    EXPECT_GT(position, last) << "first attempts out of order";
    last = position;
  }

  /// It was no attempt.
  void NoteShortage(store::LaneId lane, uint64_t position, const model::Destination* destination) {
    ++counts_.shortages;
    const auto row = store_.row_of.find({lane, position});
    if (row == store_.row_of.end() || !SimStore::IsTimed(row->second)) return;
    if (store_.parked.at(row->second).attempts == 0 || destination == nullptr) return;
    tokens_.GiveBack(lane, destination->retry.budget);
  }

  /// What the receiver asked for, at least.
  void NotePause(store::LaneId lane, const http::Response& response,
                 const model::Destination& destination) {
    const bool number = !response.retry_after.empty() && response.retry_after != "later";
    if (response.wire != model::Outcome::kSuccess) return;
    if (response.status != 429 && response.status != 502 && response.status != 504 &&
        (response.status != 503 || !number)) {
      return;
    }
    const std::chrono::seconds asked(number ? std::stoi(response.retry_after) : 0);
    const auto pause = std::clamp<std::chrono::milliseconds>(asked, std::chrono::seconds(1),
                                                             destination.retry.retry_after_cap);
    base::MonoTime& until = paused_until_[lane];
    until = std::max(until, clock_.Mono() + pause);
    ++counts_.pauses;
  }

  const SimStore& store_;
  const SimOwner& owner_;
  const base::Clock& clock_;
  std::map<std::string, model::Destination> destinations_;
  bool changing_ = false;
  Counts counts_;
  SimRetryTimes retry_times_{store_, clock_};
  SimOrderChecks order_{store_, owner_, clock_};
  SimTokens tokens_{clock_};
  std::map<std::pair<store::LaneId, std::string>, std::string> batches_;  // bodies by id
  std::set<SimStore::Pair> together_;                                     // sent in a batch
  // Of this life:
  std::map<store::LaneId, uint64_t> last_fresh_;
  std::set<SimStore::Pair> answered_;
  std::map<store::LaneId, base::MonoTime> paused_until_;
  std::set<store::LaneId> gone_;
};

}  // namespace carillon::delivery
