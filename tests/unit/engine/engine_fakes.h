#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/clock.h"
#include "delivery_shard.h"
#include "thread_host.h"

namespace carillon::engine {

/// Answers when it is told to.
class FakeShard final : public DeliveryShard {
 public:
  void PrepareTable(delivery::NextTable next,
                    absl::AnyInvocable<void(absl::Status)> done) override {
    EXPECT_EQ(ready, nullptr) << "one at a time";
    table = next.table;
    ready = std::move(done);
  }
  void CommitTable(absl::AnyInvocable<void()> done) override {
    ++commits;
    committed = std::move(done);
  }
  void DiscardTable() override { ++discards; }
  void Drain(std::chrono::nanoseconds time, absl::AnyInvocable<void()> done) override {
    grace = time;
    drained = std::move(done);
  }
  void Command(delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done) override {
    orders.push_back(std::move(order));
    done(absl::OkStatus());
  }
  void Describe(std::vector<delivery::LanePlace> lanes, Described done) override {
    described.push_back({std::move(lanes), std::move(done)});
  }
  void Resend(delivery::ResendOrder order,
              absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) override {
    resent.push_back(std::move(order));
    done(resent.back().items.size());
  }
  void Purge(delivery::PurgeOrder order,
             absl::AnyInvocable<void(absl::StatusOr<delivery::PurgeResult>)> done) override {
    purged.push_back(std::move(order));
    done(delivery::PurgeResult{});
  }
  void PublishGauges(absl::AnyInvocable<void()>) override {}
  void ListPending(absl::AnyInvocable<void(model::PendingReport)>) override {}
  void CountPending(delivery::LanePlace lane, Counted done) override {
    pending.push_back({std::move(lane), std::move(done)});
  }
  void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) override {
    counted.push_back(std::move(done));
  }
  void CancelAll() override {}
  void End(absl::AnyInvocable<void()> done) override { ended = std::move(done); }

  void SetReady(absl::Status status = absl::OkStatus()) {
    ASSERT_NE(ready, nullptr);
    std::exchange(ready, nullptr)(std::move(status));
  }
  void SetCommitted() {
    ASSERT_NE(committed, nullptr);
    std::exchange(committed, nullptr)();
  }

  absl::AnyInvocable<void(absl::Status)> ready;
  absl::AnyInvocable<void()> committed;
  absl::AnyInvocable<void()> drained;
  absl::AnyInvocable<void()> ended;
  std::chrono::nanoseconds grace{-1};
  std::vector<absl::AnyInvocable<void(uint64_t)>> counted;
  std::shared_ptr<const routing::RoutingTable> table;
  std::vector<delivery::LaneOrder> orders;
  std::vector<std::pair<std::vector<delivery::LanePlace>, Described>> described;
  std::vector<delivery::ResendOrder> resent;
  std::vector<delivery::PurgeOrder> purged;
  std::vector<std::pair<delivery::LanePlace, Counted>> pending;
  int commits = 0;
  int discards = 0;
};

/// The engine's thread, step by step, in simulated time.
class StepHost final : public ThreadHost {
 public:
  size_t threads() const override { return 2; }
  std::unique_ptr<DeliveryShard> MakeShard(size_t thread, const DeliveryShardOptions&,
                                           store::ShardState state) override {
    auto shard = std::make_unique<FakeShard>();
    made.push_back({shard.get(), thread, state.epoch});
    return shard;
  }
  void PostTo(size_t, absl::AnyInvocable<void()>) override {}
  void Post(absl::AnyInvocable<void()> task) override {
    if (!stopped_) tasks_.push_back(std::move(task));
  }
  void PostAt(base::MonoTime at, absl::AnyInvocable<void()> task) override {
    timers_.emplace(at, std::move(task));
  }
  void Stop() override {
    stopped_ = true;
    tasks_.clear();
    timers_.clear();
  }
  bool Wait(Awaited& answers, base::MonoTime) override { return answers.complete(); }

  /// Does all that can be done now.
  void Run() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  void Advance(std::chrono::nanoseconds time) {
    Run();
    clock.Advance(time);
    while (!timers_.empty() && timers_.begin()->first <= clock.Mono()) {
      tasks_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
    Run();
  }

  base::SimulatedClock clock;
  /// Of those that were made last: the shard, its thread, and what it was begun with.
  struct Made {
    FakeShard* shard = nullptr;
    size_t thread = 0;
    uint64_t epoch = 0;
  };
  std::vector<Made> made;

 private:
  std::deque<absl::AnyInvocable<void()>> tasks_;
  std::multimap<base::MonoTime, absl::AnyInvocable<void()>> timers_;
  bool stopped_ = false;
};

/// Marks, lists and retires lanes; the rest is not asked.
class FakeStore final : public store::EventLog,
                        public store::ShardStore,
                        public store::LaneRegistry {
 public:
  using Listed = absl::StatusOr<std::vector<store::ListedLane>>;
  using Retired = absl::StatusOr<std::vector<store::RetiredLane>>;

  store::Stores stores() { return {*this, *this, *this}; }

  void ListLanes(absl::AnyInvocable<void(Listed)> done) override { done(lanes); }
  /// Answered when the test says so.
  void TakeOut(std::vector<store::OwnedLanes> of,
               absl::AnyInvocable<void(absl::Status)> done) override {
    for (const store::OwnedLanes& owned : of) {
      taken_out_by.emplace_back(owned.shard, owned.epoch);
      for (const store::LaneName& name : owned.names) taken_out.push_back(name.name);
    }
    marked = std::move(done);
  }
  void RetireLanes(std::vector<store::OwnedLaneIds> of,
                   absl::AnyInvocable<void(Retired)> done) override {
    retired.clear();
    for (const store::OwnedLaneIds& owned : of) {
      retired_by.emplace_back(owned.shard, owned.epoch);
      retired.insert(retired.end(), owned.lanes.begin(), owned.lanes.end());
    }
    done(std::vector<store::RetiredLane>());
  }

  std::vector<store::ListedLane> lanes;
  std::vector<store::LaneId> retired;
  std::vector<std::pair<store::ShardId, uint64_t>> retired_by;  // shards and epochs
  std::vector<std::string> taken_out;
  std::vector<std::pair<store::ShardId, uint64_t>> taken_out_by;  // shards and epochs
  absl::AnyInvocable<void(absl::Status)> marked;

  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t, size_t, absl::AnyInvocable<void(store::EventBatchPtr)>) override {}
  void Stop() override {}
  LogStats log_stats() const override { return {}; }
  void DeclareShards(uint32_t) override {}
  void TakeShard(store::ShardId shard,
                 absl::AnyInvocable<void(absl::StatusOr<store::ShardState>)> done) override {
    if (!refused.ok()) return done(refused);
    taken.push_back(shard);
    done(store::ShardState{.epoch = ++epoch});
  }
  void ReleaseShard(store::ShardId shard, uint64_t of) override {
    released.emplace_back(shard, of);
  }

  absl::Status refused;
  uint64_t epoch = 0;  // that was given last
  std::vector<store::ShardId> taken;
  std::vector<std::pair<store::ShardId, uint64_t>> released;

  size_t max_outstanding() const override { return 1; }
  void Settle(store::Settlement, absl::AnyInvocable<void(absl::Status)>) override {}
  void TakeDue(store::LaneId, base::WallTime, size_t,
               absl::AnyInvocable<void(store::DueDeliveries)>) override {}
  void TakeHeld(store::LaneId, store::GroupId, size_t,
                absl::AnyInvocable<void(store::DueDeliveries)>) override {}
  void TakeKept(store::LaneId, uint64_t, size_t,
                absl::AnyInvocable<void(store::DueDeliveries)>) override {}
  void ListParked(store::LaneId, uint64_t, store::ParkedKey, size_t,
                  absl::AnyInvocable<void(store::ParkedPage)>) override {}
  store::Demand demand() const override { return {}; }
  ShardStats shard_stats() const override { return {}; }
  void OpenLanes(store::ShardId, std::vector<store::LaneName>,
                 absl::AnyInvocable<void(absl::StatusOr<std::vector<store::LaneState>>)>) override {
  }
  void CloseLanes(store::OwnedLaneIds) override {}
};

}  // namespace carillon::engine
