#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "asking.h"
#include "carillon/base/clock.h"
#include "carillon/model/event.h"
#include "carillon/store/attempt_log.h"
#include "carillon/store/stores.h"

namespace carillon::store {

/// A store that the tests run over. Used on one thread.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Stores stores() = 0;
  virtual AttemptLog& attempts() = 0;
  virtual base::WallTime now() const = 0;
  /// The shards that are used from the start on were taken.
  virtual void Begin() = 0;
  /// Another process uses it from now on. What was answered is durable.
  virtual void Restart() = 0;
  /// Lets the store work until that is so; false when it takes too long.
  virtual bool Await(const std::function<bool()>& holds) = 0;
};

using MakeStore = std::unique_ptr<StoreUnderTest> (*)();
std::unique_ptr<StoreUnderTest> MakeSimulated();
std::unique_ptr<StoreUnderTest> MakeSimulatedWithGaps();
std::unique_ptr<StoreUnderTest> MakeEmbedded();
std::unique_ptr<StoreUnderTest> MakeEmbeddedCrashed();

/// Keeps what it is told.
class Follower final : public Consumer {
 public:
  void OnJoined(uint64_t last) override;
  void OnCommitted(const EventBatchPtr& batch) override;
  std::optional<uint64_t> joined() const;
  std::vector<uint64_t> positions() const;
  /// Up to where it was told what the log has.
  uint64_t covered() const;

 private:
  mutable std::mutex mutex_;
  std::optional<uint64_t> joined_;
  std::vector<uint64_t> positions_;
  uint64_t covered_ = 0;
};

/// A store of its own for each test, and calls that wait for their answers.
class StoreTest : public testing::TestWithParam<std::pair<const char*, MakeStore>> {
 protected:
  StoreTest() : under_test_(GetParam().second()) {}
  /// Takes the shards from 0 on, and begins.
  void Start(ShardId shards = 1);
  /// In another process.
  void Restart(ShardId shards = 1);

  absl::StatusOr<std::vector<Appended>> Append(const std::vector<std::string>& ids,
                                               size_t payload_bytes = 10,
                                               const std::string& tenant = "acme");
  /// The position of one event that is new.
  uint64_t AppendOne(const std::string& id, size_t payload_bytes = 10);
  /// Positions of so many new events.
  std::vector<uint64_t> AppendSome(int events);
  EventBatchPtr Read(uint64_t from, size_t max_bytes = 1 << 20);
  /// All there are from a position on.
  std::vector<uint64_t> Positions(uint64_t from = 1);

  absl::StatusOr<ShardState> TakeShard(ShardId shard);
  /// Makes the test the owner of it; the epoch goes into what it settles.
  ShardState Own(ShardId shard);
  /// In the name of the shard's owner.
  void Settle(Settlement settlement);
  absl::Status TrySettle(Settlement settlement);
  /// An attempt that failed, and the row that waits for the next.
  Settlement Failed(LaneId lane, uint64_t position, Due due, GroupId group = 0);
  AttemptRow Attempt(LaneId lane, uint64_t position,
                     model::Outcome outcome = model::Outcome::kSuccess);
  /// So long after the first time that was asked for, however long the test has taken since.
  Due At(int64_t seconds) {
    if (!first_at_) first_at_ = under_test_->now();
    return Due::At(*first_at_ + std::chrono::seconds(seconds));
  }
  DueDeliveries TakeDue(LaneId lane, Due until, size_t limit = 1000);
  DueDeliveries TakeHeld(LaneId lane, GroupId group, size_t limit = 1000);
  DueDeliveries TakeKept(LaneId lane, uint64_t from, size_t limit = 1000);
  absl::StatusOr<AttemptPage> ReadAttempts(uint64_t after, size_t limit = 1000);
  /// Positions and numbers of all attempts after a place, read in pages of about `limit`.
  std::vector<std::pair<uint64_t, uint32_t>> AllAttempts(uint64_t after = 0, size_t limit = 2);
  /// Settles the next attempt of a delivery, which succeeds or waits for another.
  void Try(LaneId lane, uint64_t position, uint32_t number, bool succeeds);
  ParkedPage ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit);

  absl::StatusOr<std::vector<LaneState>> OpenLanes(const std::vector<std::string>& names);
  LaneState OpenLane(const std::string& name);
  std::vector<ListedLane> ListLanes();
  /// In the name of the owner of the first shard.
  absl::Status TakeOut(const std::string& name) { return TakeOut(name, epochs_[0]); }
  absl::Status TakeOut(const std::string& name, uint64_t epoch);
  absl::StatusOr<std::vector<RetiredLane>> RetireLanes(std::vector<LaneId> lanes) {
    return RetireLanes(std::move(lanes), epochs_[0]);
  }
  absl::StatusOr<std::vector<RetiredLane>> RetireLanes(std::vector<LaneId> lanes, uint64_t epoch);
  void CloseLanes(std::vector<LaneId> lanes, uint64_t epoch) {
    stores().lanes.CloseLanes({.shard = 0, .epoch = epoch, .lanes = std::move(lanes)});
  }
  /// Whether a lane is listed; it is not when it is closed.
  std::optional<ListedLane> Listed(LaneId lane);

  Stores stores() { return under_test_->stores(); }

  const std::unique_ptr<StoreUnderTest> under_test_;
  std::vector<uint64_t> epochs_;  // by shard
  int appended_ = 0;
  std::optional<base::WallTime> first_at_;  // see At

 private:
  template <typename Answer, typename Question>
  Answer Ask(Question ask) {
    return AskAndAwait<Answer>([this](auto holds) { return under_test_->Await(holds); },
                               std::move(ask));
  }
};

/// Positions of what is due, in its order.
std::vector<uint64_t> PositionsOf(const DueDeliveries& due);

}  // namespace carillon::store
