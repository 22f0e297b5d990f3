#include "support.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>
#include <utility>

namespace carillon::journal {
namespace {

std::string NewFolder() {
  std::string path = testing::TempDir() + "/journal-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  return path;
}

}  // namespace

void Recorder::OnCommitted(const EventBatchPtr& batch) {
  std::lock_guard lock(mutex_);
  for (const model::EventPtr& event : batch->events) {
    seen_.emplace_back(event->position(), std::string(event->id()));
  }
}

std::vector<std::pair<uint64_t, std::string>> Recorder::Seen() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

std::string PayloadOf(const std::string& id, size_t payload_bytes) {
  std::string payload = "{\"id\":\"" + id + "\",\"x\":\"";
  while (payload.size() < payload_bytes) payload.append(id).push_back('.');
  return payload + "\"}";
}

std::shared_ptr<model::Event> MakeEvent(const std::string& id, size_t payload_bytes,
                                        const std::string& tenant) {
  const std::string payload = PayloadOf(id, payload_bytes);
  return model::Event::Create(
      {id, "session.create", tenant, "key", base::FromUnixNanos(17), {{"station", "7"}}, payload});
}

std::vector<std::shared_ptr<model::Event>> MakeEvents(const std::vector<std::string>& ids,
                                                      size_t payload_bytes) {
  std::vector<std::shared_ptr<model::Event>> events;
  for (const std::string& id : ids) events.push_back(MakeEvent(id, payload_bytes));
  return events;
}

JournalTest::JournalTest() {
  options_.data_dir = NewFolder();
  options_.min_free_bytes = 0;
  options_.housekeeping_interval = std::chrono::milliseconds(10);
}

JournalTest::~JournalTest() {
  journal_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(options_.data_dir, ignored);
}

absl::Status JournalTest::TryOpen() {
  SqliteJournalHooks hooks;
  hooks.on_commit = [this](size_t, size_t, std::chrono::nanoseconds) { ++commits_; };
  hooks.on_fatal = [this](absl::Status status) {
    fatal_status_ = std::move(status);
    ++fatal_;
  };
  hooks.on_sync = [this](std::chrono::nanoseconds took) {
    EXPECT_GE(took.count(), 0);
    ++syncs_;
  };
  hooks.on_error = [this](Operation operation, const absl::Status& why) {
    EXPECT_FALSE(why.ok());
    const std::lock_guard lock(errors_mutex_);
    errors_.emplace_back(operation, why.code());
  };
  hooks.on_notice = [this](const std::string& message) { notices_.push_back(message); };
  auto journal = OpenSqliteJournal(options_, std::move(hooks), clock_);
  if (!journal.ok()) return journal.status();
  journal_ = *std::move(journal);
  return absl::OkStatus();
}

size_t JournalTest::Errors(Operation operation, absl::StatusCode code) {
  const std::lock_guard lock(errors_mutex_);
  return static_cast<size_t>(std::ranges::count(errors_, std::pair(operation, code)));
}

void JournalTest::Open() {
  const absl::Status status = TryOpen();
  ASSERT_TRUE(status.ok()) << status;
  shards_.clear();
  opened_.clear();
  for (ShardId shard = 0; shard < shard_count_; ++shard) TakeShard(shard);
  journal_->AddConsumer(&recorder_);
  journal_->Start();
}

void JournalTest::TakeShard(ShardId shard) {
  std::promise<absl::StatusOr<ShardState>> answer;
  journal_->TakeShard(shard, [&](auto taken) { answer.set_value(std::move(taken)); });
  auto taken = answer.get_future().get();
  ASSERT_TRUE(taken.ok()) << taken.status();
  if (shard >= shards_.size()) shards_.resize(shard + 1);
  shards_[shard] = *std::move(taken);
}

Settlement JournalTest::Owned(Settlement settlement) const {
  settlement.epoch = shards_.at(settlement.shard).epoch;
  return settlement;
}

void JournalTest::Close() { journal_.reset(); }

absl::StatusOr<std::vector<Appended>> JournalTest::Append(const std::vector<std::string>& ids,
                                                          size_t payload_bytes) {
  std::promise<absl::StatusOr<std::vector<Appended>>> answer;
  journal_->Append(MakeEvents(ids, payload_bytes),
                   [&](auto result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

uint64_t JournalTest::AppendOne(const std::string& id, size_t payload_bytes) {
  const auto result = Append({id}, payload_bytes);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? result->at(0).position : 0;
}

void JournalTest::Settle(Settlement settlement) {
  std::promise<absl::Status> durable;
  journal_->Settle(Owned(std::move(settlement)),
                   [&](absl::Status status) { durable.set_value(std::move(status)); });
  const absl::Status status = durable.get_future().get();
  EXPECT_TRUE(status.ok()) << status;
}

void JournalTest::SettleUpTo(uint64_t watermark) {
  Settlement settlement;
  settlement.watermark = watermark;
  Settle(std::move(settlement));
}

Events JournalTest::Read(uint64_t from, size_t max_bytes) {
  std::promise<EventBatchPtr> answer;
  journal_->Read(from, max_bytes, [&](EventBatchPtr batch) { answer.set_value(batch); });
  return answer.get_future().get()->events;
}

DueDeliveries JournalTest::TakeDue(LaneId lane, base::WallTime until, size_t limit) {
  std::promise<DueDeliveries> answer;
  journal_->TakeDue(lane, until, limit,
                    [&](DueDeliveries due) { answer.set_value(std::move(due)); });
  return answer.get_future().get();
}

DueDeliveries JournalTest::TakeHeld(LaneId lane, GroupId group, size_t limit) {
  std::promise<DueDeliveries> answer;
  journal_->TakeHeld(lane, group, limit,
                     [&](DueDeliveries due) { answer.set_value(std::move(due)); });
  return answer.get_future().get();
}

DueDeliveries JournalTest::TakeKept(LaneId lane, uint64_t from, size_t limit) {
  std::promise<DueDeliveries> answer;
  journal_->TakeKept(lane, from, limit,
                     [&](DueDeliveries due) { answer.set_value(std::move(due)); });
  return answer.get_future().get();
}

ParkedPage JournalTest::ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit) {
  std::promise<ParkedPage> answer;
  journal_->ListParked(lane, up_to, from, limit,
                       [&](ParkedPage page) { answer.set_value(std::move(page)); });
  return answer.get_future().get();
}

absl::StatusOr<std::vector<LaneState>> JournalTest::OpenLanes(const std::vector<LaneName>& names) {
  std::promise<absl::StatusOr<std::vector<LaneState>>> answer;
  journal_->OpenLanes(0, names, [&](auto lanes) { answer.set_value(std::move(lanes)); });
  auto lanes = answer.get_future().get();
  for (const LaneState& lane : lanes.value_or(std::vector<LaneState>())) opened_.insert(lane.lane);
  return lanes;
}

absl::StatusOr<std::vector<ListedLane>> JournalTest::ListLanes() {
  std::promise<absl::StatusOr<std::vector<ListedLane>>> answer;
  journal_->ListLanes([&](auto lanes) { answer.set_value(std::move(lanes)); });
  return answer.get_future().get();
}

absl::StatusOr<std::vector<RetiredLane>> JournalTest::RetireLanes(std::vector<LaneId> lanes) {
  std::promise<absl::StatusOr<std::vector<RetiredLane>>> answer;
  journal_->RetireLanes({{.shard = 0, .epoch = shards_[0].epoch, .lanes = std::move(lanes)}},
                        [&](auto left) { answer.set_value(std::move(left)); });
  return answer.get_future().get();
}

void JournalTest::CloseLanes(std::vector<LaneId> lanes) {
  journal_->CloseLanes({.shard = 0, .epoch = shards_[0].epoch, .lanes = std::move(lanes)});
}

LaneState JournalTest::OpenLane(const std::string& name) {
  const auto lanes = OpenLanes({{"acme", name}});
  EXPECT_TRUE(lanes.ok()) << lanes.status();
  return lanes.ok() ? lanes->at(0) : LaneState();
}

std::vector<uint64_t> JournalTest::Positions(uint64_t from) {
  std::vector<uint64_t> positions;
  while (true) {
    const Events batch = Read(from);
    if (batch.empty()) return positions;
    for (const model::EventPtr& event : batch) positions.push_back(event->position());
    from = positions.back() + 1;
  }
}

bool JournalTest::Eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void JournalTest::ForgetMark() { unlink((options_.data_dir + "/carillon.mark").c_str()); }

int64_t JournalTest::Query(const std::string& sql) {
  if (!sql.starts_with("SELECT") && !sql.starts_with("PRAGMA")) ForgetMark();
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  int64_t value = -1;
  if (sqlite3_open_v2(DatabaseFile().c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    value = sqlite3_column_int64(statement, 0);
  } else {
    ADD_FAILURE() << sql << ": " << sqlite3_errmsg(db);
  }
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return value;
}

void JournalTest::Execute(const std::string& sql) {
  ForgetMark();
  sqlite3* db = nullptr;
  const bool done =
      sqlite3_open_v2(DatabaseFile().c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK &&
      sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  EXPECT_TRUE(done) << sql << ": " << sqlite3_errmsg(db);
  sqlite3_close(db);
}

}  // namespace carillon::journal
