#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/sqlite_journal.h"

/// Takes out what version 6 added.
#define CARILLON_BACK_TO_VERSION_5                                                    \
  "ALTER TABLE lanes DROP COLUMN paused; ALTER TABLE lanes DROP COLUMN paused_until;" \
  "ALTER TABLE lanes DROP COLUMN called_at; ALTER TABLE lanes DROP COLUMN principal;" \
  "ALTER TABLE lanes DROP COLUMN reason;"

namespace carillon::journal {

/// A time of day that tests move while the journal's threads read it, and a time that goes by but
/// for what they add to it.
class ManualClock final : public base::Clock {
 public:
  base::WallTime Wall() const override { return base::FromUnixNanos(wall_ns_); }
  base::MonoTime Mono() const override {
    return std::chrono::steady_clock::now() + std::chrono::nanoseconds(gone_by_ns_);
  }
  void Advance(std::chrono::nanoseconds by) { wall_ns_ += by.count(); }
  void AdvanceMono(std::chrono::nanoseconds by) { gone_by_ns_ += by.count(); }

 private:
  std::atomic<int64_t> wall_ns_{1'700'000'000'000'000'000};
  std::atomic<int64_t> gone_by_ns_{0};
};

/// Keeps the ids and positions it was told, in order.
class Recorder final : public Consumer {
 public:
  void OnJoined(uint64_t last) override { joined_ = last; }
  void OnCommitted(const EventBatchPtr& batch) override;
  uint64_t joined() const { return joined_; }
  std::vector<std::pair<uint64_t, std::string>> Seen() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<uint64_t, std::string>> seen_;
  std::atomic<uint64_t> joined_{0};
};

/// An event of tenant `acme` whose payload tells its id.
std::shared_ptr<model::Event> MakeEvent(const std::string& id, size_t payload_bytes = 0,
                                        const std::string& tenant = "acme");
std::vector<std::shared_ptr<model::Event>> MakeEvents(const std::vector<std::string>& ids,
                                                      size_t payload_bytes = 0);
std::string PayloadOf(const std::string& id, size_t payload_bytes = 0);

/// A journal in a folder of its own, and calls that wait for their answers.
class JournalTest : public testing::Test {
 protected:
  JournalTest();
  ~JournalTest() override;

  /// Opens the journal, takes `shard_count_` shards and starts it with one consumer.
  void Open();
  absl::Status TryOpen();
  /// Stops it cleanly.
  void Close();
  void Reopen() {
    Close();
    Open();
  }

  absl::StatusOr<std::vector<Appended>> Append(const std::vector<std::string>& ids,
                                               size_t payload_bytes = 0);
  /// The position of one event that has to be taken.
  uint64_t AppendOne(const std::string& id, size_t payload_bytes = 0);
  /// Makes the test the owner of a shard.
  void TakeShard(ShardId shard);
  /// In the name of the owner of its shard.
  void Settle(Settlement settlement);
  /// The settlement is that of the owner of its shard.
  Settlement Owned(Settlement settlement) const;
  /// As the owner of the first shard knew it when it took it.
  bool WasSettled(uint64_t position, LaneId lane) const {
    return shards_[0].settled->Contains(position, lane);
  }
  /// Settles all that is there.
  void SettleUpTo(uint64_t watermark);
  Events Read(uint64_t from, size_t max_bytes = 1 << 20);
  DueDeliveries TakeDue(LaneId lane, base::WallTime until, size_t limit = 1000);
  DueDeliveries TakeHeld(LaneId lane, GroupId group, size_t limit = 1000);
  DueDeliveries TakeKept(LaneId lane, uint64_t from, size_t limit = 1000);
  ParkedPage ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit = 1000);
  absl::StatusOr<std::vector<LaneState>> OpenLanes(const std::vector<LaneName>& names);
  LaneState OpenLane(const std::string& name);
  absl::StatusOr<std::vector<ListedLane>> ListLanes();
  // In the name of the owner of the first shard.
  absl::StatusOr<std::vector<RetiredLane>> RetireLanes(std::vector<LaneId> lanes);
  void CloseLanes(std::vector<LaneId> lanes);
  /// Positions from `from` on.
  std::vector<uint64_t> Positions(uint64_t from = 1);
  /// Waits, up to half a minute, for something that the journal's threads do by themselves.
  bool Eventually(const std::function<bool()>& holds);
  /// Without it, a change that a test makes to the files is not taken for damage.
  void ForgetMark();
  /// One number, read from the files beside the journal. Statements that change something, here and
  /// below, forget the mark.
  int64_t Query(const std::string& sql);
  /// Statements without rows, run on the files beside the journal.
  void Execute(const std::string& sql);
  std::string DatabaseFile() const { return options_.data_dir + "/carillon.db"; }

  ManualClock clock_;
  ShardId shard_count_ = 1;
  std::vector<ShardState> shards_;  ///< as they were taken
  std::set<LaneId> opened_;         ///< since the start
  SqliteJournalOptions options_;
  Recorder recorder_;
  std::atomic<int> commits_{0};
  std::atomic<int> fatal_{0};
  absl::Status fatal_status_;  ///< read after `fatal_` is seen
  std::atomic<int> syncs_{0};
  std::mutex errors_mutex_;
  std::vector<std::pair<Operation, absl::StatusCode>> errors_;
  /// How often that went wrong in this way.
  size_t Errors(Operation operation, absl::StatusCode code);
  std::vector<std::string> notices_;  ///< told while opening
  std::unique_ptr<Journal> journal_;
};

}  // namespace carillon::journal
