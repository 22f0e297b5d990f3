#include "store_test.h"

#include <algorithm>
#include <stdexcept>

namespace carillon::store {

void Follower::OnJoined(uint64_t last) {
  const std::lock_guard lock(mutex_);
  EXPECT_FALSE(joined_.has_value()) << "joined twice";
  joined_ = covered_ = last;
}

void Follower::OnCommitted(const EventBatchPtr& batch) {
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(joined_.has_value()) << "told of events before it joined";
  EXPECT_EQ(batch->first, covered_ + 1) << "it begins where the one before ended";
  EXPECT_GE(batch->last, batch->first);
  for (const model::EventPtr& event : batch->events) {
    EXPECT_GE(event->position(), batch->first);
    EXPECT_LE(event->position(), batch->last);
    positions_.push_back(event->position());
  }
  covered_ = batch->last;
}

uint64_t Follower::covered() const {
  const std::lock_guard lock(mutex_);
  return covered_;
}

std::optional<uint64_t> Follower::joined() const {
  const std::lock_guard lock(mutex_);
  return joined_;
}

std::vector<uint64_t> Follower::positions() const {
  const std::lock_guard lock(mutex_);
  return positions_;
}

void StoreTest::Start(ShardId shards) {
  for (ShardId shard = 0; shard < shards; ++shard) Own(shard);
  under_test_->Begin();
}

void StoreTest::Restart(ShardId shards) {
  under_test_->Restart();
  Start(shards);
}

absl::StatusOr<std::vector<Appended>> StoreTest::Append(const std::vector<std::string>& ids,
                                                        size_t payload_bytes,
                                                        const std::string& tenant) {
  std::vector<std::shared_ptr<model::Event>> events;
  for (const std::string& id : ids) {
    events.push_back(
        model::Event::Create({.id = id,
                              .type = "a",
                              .tenant = tenant,
                              .payload = "\"" + id + std::string(payload_bytes, 'x') + "\""}));
  }
  using Answer = absl::StatusOr<std::vector<Appended>>;
  return Ask<Answer>([&](auto answer) {
    stores().events.Append(std::move(events), [answer](Answer result) { answer(result); });
  });
}

uint64_t StoreTest::AppendOne(const std::string& id, size_t payload_bytes) {
  const auto result = Append({id}, payload_bytes);
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok() || result->size() != 1) return 0;
  EXPECT_FALSE(result->front().duplicate);
  return result->front().position;
}

std::vector<uint64_t> StoreTest::AppendSome(int events) {
  std::vector<uint64_t> positions;
  for (int i = 0; i < events; ++i) {
    positions.push_back(AppendOne("some" + std::to_string(++appended_)));
  }
  return positions;
}

EventBatchPtr StoreTest::Read(uint64_t from, size_t max_bytes) {
  return Ask<EventBatchPtr>([&](auto answer) {
    stores().events.Read(from, max_bytes, [answer](EventBatchPtr batch) { answer(batch); });
  });
}

std::vector<uint64_t> StoreTest::Positions(uint64_t from) {
  std::vector<uint64_t> positions;
  while (true) {
    const EventBatchPtr batch = Read(from);
    if (batch->last < from) return positions;
    for (const model::EventPtr& event : batch->events) positions.push_back(event->position());
    from = batch->last + 1;
  }
}

absl::StatusOr<ShardState> StoreTest::TakeShard(ShardId shard) {
  using Answer = absl::StatusOr<ShardState>;
  return Ask<Answer>([&](auto answer) {
    stores().shards.TakeShard(shard, [answer](Answer taken) { answer(std::move(taken)); });
  });
}

ShardState StoreTest::Own(ShardId shard) {
  const absl::StatusOr<ShardState> taken = TakeShard(shard);
  EXPECT_TRUE(taken.ok()) << taken.status();
  if (!taken.ok()) return {};
  if (shard >= epochs_.size()) epochs_.resize(shard + 1);
  epochs_[shard] = taken->epoch;
  return *taken;
}

absl::Status StoreTest::TrySettle(Settlement settlement) {
  return Ask<absl::Status>([&](auto answer) {
    stores().shards.Settle(std::move(settlement),
                           [answer](absl::Status status) { answer(status); });
  });
}

void StoreTest::Settle(Settlement settlement) {
  settlement.epoch = epochs_.at(settlement.shard);
  const absl::Status status = TrySettle(std::move(settlement));
  EXPECT_TRUE(status.ok()) << status;
}

AttemptRow StoreTest::Attempt(LaneId lane, uint64_t position, model::Outcome outcome) {
  return {.position = position, .lane = lane, .outcome = outcome, .started = under_test_->now()};
}

Settlement StoreTest::Failed(LaneId lane, uint64_t position, Due due, GroupId group) {
  Settlement settlement;
  settlement.attempts = {Attempt(lane, position, model::Outcome::kResponseTimeout)};
  settlement.parked = {{.lane = lane,
                        .due = due,
                        .position = position,
                        .attempts = 1,
                        .group = group,
                        .rest = {},
                        .bytes = 7}};
  return settlement;
}

DueDeliveries StoreTest::TakeDue(LaneId lane, Due until, size_t limit) {
  return Ask<DueDeliveries>([&](auto answer) {
    stores().shards.TakeDue(lane, until.time(), limit,
                            [answer](DueDeliveries due) { answer(std::move(due)); });
  });
}

DueDeliveries StoreTest::TakeHeld(LaneId lane, GroupId group, size_t limit) {
  return Ask<DueDeliveries>([&](auto answer) {
    stores().shards.TakeHeld(lane, group, limit,
                             [answer](DueDeliveries due) { answer(std::move(due)); });
  });
}

DueDeliveries StoreTest::TakeKept(LaneId lane, uint64_t from, size_t limit) {
  return Ask<DueDeliveries>([&](auto answer) {
    stores().shards.TakeKept(lane, from, limit,
                             [answer](DueDeliveries due) { answer(std::move(due)); });
  });
}

ParkedPage StoreTest::ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit) {
  return Ask<ParkedPage>([&](auto answer) {
    stores().shards.ListParked(lane, up_to, from, limit,
                               [answer](ParkedPage page) { answer(std::move(page)); });
  });
}

absl::StatusOr<AttemptPage> StoreTest::ReadAttempts(uint64_t after, size_t limit) {
  using Answer = absl::StatusOr<AttemptPage>;
  return Ask<Answer>([&](auto answer) {
    under_test_->attempts().ReadAttempts(after, limit,
                                         [answer](Answer page) { answer(std::move(page)); });
  });
}

std::vector<std::pair<uint64_t, uint32_t>> StoreTest::AllAttempts(uint64_t after, size_t limit) {
  std::vector<std::pair<uint64_t, uint32_t>> all;
  while (true) {
    const auto page = ReadAttempts(after, limit);
    if (!page.ok()) {
      ADD_FAILURE() << page.status();
      return all;
    }
    for (const AttemptRow& row : page->rows) all.emplace_back(row.position, row.number);
    if (!page->rows.empty()) EXPECT_GT(page->through, after);
    if (!page->more) return all;
    if (page->rows.empty()) {
      ADD_FAILURE() << "there is said to be more";
      return all;
    }
    after = page->through;
  }
}

void StoreTest::Try(LaneId lane, uint64_t position, uint32_t number, bool succeeds) {
  const auto due = [](uint32_t n) {
    return Due::At(base::WallTime(std::chrono::seconds(4'000'000'000 + n)));
  };
  Settlement settlement;
  settlement.attempts = {Attempt(lane, position)};
  settlement.attempts[0].number = number;
  if (number > 1) settlement.unparked = {{lane, due(number - 1), position}};
  if (!succeeds) {
    settlement.attempts[0].outcome = model::Outcome::kResponseTimeout;
    settlement.parked = {
        {.lane = lane, .due = due(number), .position = position, .attempts = number}};
  }
  Settle(std::move(settlement));
}

absl::StatusOr<std::vector<LaneState>> StoreTest::OpenLanes(const std::vector<std::string>& names) {
  std::vector<LaneName> full;
  for (const std::string& name : names) full.push_back({"acme", name});
  using Answer = absl::StatusOr<std::vector<LaneState>>;
  return Ask<Answer>([&](auto answer) {
    stores().lanes.OpenLanes(0, std::move(full), [answer](Answer lanes) { answer(lanes); });
  });
}

LaneState StoreTest::OpenLane(const std::string& name) {
  const auto lanes = OpenLanes({name});
  EXPECT_TRUE(lanes.ok()) << lanes.status();
  return lanes.ok() ? lanes->at(0) : LaneState();
}

std::vector<ListedLane> StoreTest::ListLanes() {
  using Answer = absl::StatusOr<std::vector<ListedLane>>;
  const Answer lanes = Ask<Answer>(
      [&](auto answer) { stores().lanes.ListLanes([answer](Answer all) { answer(all); }); });
  EXPECT_TRUE(lanes.ok()) << lanes.status();
  return lanes.value_or(std::vector<ListedLane>());
}

std::optional<ListedLane> StoreTest::Listed(LaneId lane) {
  const std::vector<ListedLane> all = ListLanes();
  const auto found = std::ranges::find(all, lane, &ListedLane::lane);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

absl::Status StoreTest::TakeOut(const std::string& name, uint64_t epoch) {
  return Ask<absl::Status>([&](auto answer) {
    stores().lanes.TakeOut({{.shard = 0, .epoch = epoch, .names = {{"acme", name}}}},
                           [answer](absl::Status status) { answer(status); });
  });
}

absl::StatusOr<std::vector<RetiredLane>> StoreTest::RetireLanes(std::vector<LaneId> lanes,
                                                                uint64_t epoch) {
  using Answer = absl::StatusOr<std::vector<RetiredLane>>;
  return Ask<Answer>([&](auto answer) {
    stores().lanes.RetireLanes({{.shard = 0, .epoch = epoch, .lanes = std::move(lanes)}},
                               [answer](Answer left) { answer(left); });
  });
}

std::vector<uint64_t> PositionsOf(const DueDeliveries& due) {
  std::vector<uint64_t> positions;
  for (const DueDelivery& one : due.due) positions.push_back(one.parked.position);
  return positions;
}

namespace {

constexpr std::pair<const char*, MakeStore> kAllStores[] = {
    {"Simulated", MakeSimulated},
    {"SimulatedWithGaps", MakeSimulatedWithGaps},
    {"Embedded", MakeEmbedded},
    {"EmbeddedCrashed", MakeEmbeddedCrashed},
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(AllStores, StoreTest, testing::ValuesIn(kAllStores),
                         [](const auto& store) { return store.param.first; });

}  // namespace carillon::store
