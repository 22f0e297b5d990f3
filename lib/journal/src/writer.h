#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/journal/journal.h"
#include "carillon/journal/sqlite_journal.h"
#include "disk_hold.h"
#include "file_watch.h"
#include "gauges.h"
#include "high_water_file.h"
#include "id_window.h"
#include "recovery.h"
#include "request_inbox.h"
#include "store.h"

namespace carillon::journal {

/// The journal thread: takes what waits, writes it in one transaction with one sync, hands the
/// events to the consumers in order, and tells the callers.
///
/// When the disk is full, the appends of the group are refused, the settlements are kept and tried
/// again; their events then get other positions. After any other error nothing is written any more.
class Writer {
 public:
  /// What it uses outlives it. `turn` is held during each transaction; `hold`: see DiskHold.
  Writer(Store store, OpenedState opened, IdWindow ids, HighWaterFile mark, FileWatch watch,
         SqliteJournalHooks hooks, const base::Clock& clock, Gauges& gauges, base::Mutex& turn,
         std::chrono::nanoseconds hold);
  ~Writer() { Stop(); }

  Inbox& inbox() { return inbox_; }
  /// Any thread; see store::EventLog.
  void AddConsumer(Consumer* consumer);
  void RemoveConsumer(Consumer* consumer);
  /// Journal thread: has `hook` called after each commit.
  void WatchWal(int (*hook)(void*, sqlite3*, const char*, int), void* context) {
    sqlite3_wal_hook(store_.database().handle(), hook, context);
  }
  /// Appends and settlements are written from now on.
  void Start();
  /// Writes what was handed over and ends the thread.
  void Stop();

  /// Any thread. Nothing is written any more; tells `on_fatal` on the journal thread.
  void Fail(absl::Status why);
  /// Any thread. Tells `on_error` of what went wrong.
  void NoteError(Operation operation, const absl::Status& why) const {
    if (hooks_.on_error) hooks_.on_error(operation, why);
  }
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  // What tasks in the inbox do; on the journal thread.
  absl::StatusOr<std::vector<LaneState>> OpenLanes(const std::vector<LaneName>& names);
  absl::Status TakeOut(const std::vector<OwnedLanes>& lanes);
  void CloseLanes(const OwnedLaneIds& lanes);
  absl::StatusOr<std::vector<ListedLane>> ListLanes();
  /// `recovered` and `settled`: what the start found.
  absl::StatusOr<std::vector<RetiredLane>> RetireLanes(const std::vector<OwnedLaneIds>& lanes,
                                                       const Recovered& recovered,
                                                       const SettledSet& settled);
  /// The caller owns the shard: settlements of earlier epochs are refused from now on. Where
  /// everything stands, which what the caller reads of the shard has to begin with.
  struct TakenShard {
    uint64_t epoch = 0;
    uint64_t watermark = 0;
    Progress progress;
  };
  absl::StatusOr<TakenShard> TakeShard(ShardId shard);
  /// There are so many: the durable watermark waits for each of them.
  void DeclareShards(uint32_t count);
  /// What a shard's owner is told when another has it.
  static absl::Status Deposed(const Settlement& settlement);
  void ReleaseShard(ShardId shard, uint64_t epoch);
  /// False: not now.
  bool Remove(const RetentionStep& step);
  /// Now and then: are the files still those that were opened, and has a full disk room again?
  void LookAfterFiles();

  /// After `Stop`.
  HighWaterFile& mark() { return mark_; }

 private:
  /// The events of a group with their places, before they are durable: those of the appends, then
  /// those of the settlements.
  struct Staged {
    Events events;
    std::vector<IdHash> ids;                     ///< of `events`
    std::vector<std::vector<Appended>> results;  ///< of each request
    base::WallTime accepted_at{};
  };

  /// What callers are told once nothing is written any more.
  static absl::Status Stopped();
  /// What publishers are told when the disk is full.
  static absl::Status NotStored(const absl::Status& why);

  void Run();
  base::MonoTime NextDeadline() const;
  void CommitGroup(Group& group);
  Staged Stage(Group& group);
  std::vector<Appended> StageOne(AppendRequest& request, Staged& staged);
  void StageOwn(const SettleRequest& request, Staged& staged);
  uint64_t StageEvent(const std::shared_ptr<model::Event>& event, const IdHash& id, Staged& staged);
  /// Runs `body` in a transaction, after the marks that are due.
  absl::Status Transact(absl::FunctionRef<absl::Status()> body);
  absl::Status WriteEvents(const Staged& staged, StateRow& state);
  absl::Status WriteSettlements(Progress& next, uint64_t& dead_added);
  absl::Status WriteSettlement(Settlement& settlement, uint64_t& dead_added);
  absl::Status WriteAttempts(StateRow& state);
  absl::Status WriteAttemptChunk(uint32_t shard, StateRow& state);
  void DropClosed(Settlement& settlement);
  void Committed(Group& group, Staged staged, Progress next);
  void Refused(Group& group, Staged& staged, const absl::Status& why);
  /// Writes the marks that are due, unless the disk is full.
  absl::Status WriteMarks();
  void WorkOnClosing();
  void Publish();
  /// Deals with an error of a transaction of its own; true: the disk is full, try again later.
  bool Pause(const absl::Status& why);
  /// UNAVAILABLE: the files are not those that were opened.
  absl::Status CheckFiles();
  void FailNow(absl::Status why, Group& group);
  void RefuseAll(Group& group);
  bool IsOwner(ShardId shard, uint64_t epoch) const;
  void Close(const std::vector<LaneId>& lanes);
  bool IsOwners(const SettleRequest& request) const;
  /// Tells those of the shard that nothing of them is written.
  void RefuseDeposed(std::vector<SettleRequest>& requests);
  void TellConsumers(Events events);
  /// Nothing is written any more, since something could not be read.
  absl::Status CannotRead(const absl::Status& why);

  Store store_;
  Progress progress_;
  AttemptTail attempt_tail_;
  int64_t next_attempt_id_;
  IdWindow ids_;
  HighWaterFile mark_;
  FileWatch watch_;
  DiskHold hold_;
  SqliteJournalHooks hooks_;
  const base::Clock& clock_;
  Gauges& gauges_;
  base::Mutex& turn_;
  Inbox inbox_;
  base::Mutex consumers_mutex_;  ///< held while consumers are told
  std::vector<Consumer*> consumers_ ABSL_GUARDED_BY(consumers_mutex_);
  uint64_t told_to_ ABSL_GUARDED_BY(consumers_mutex_) = 0;  ///< position
  std::vector<uint64_t> epochs_;                            ///< by shard; 0: it was never taken

  std::vector<SettleRequest> settling_;  ///< taken and not yet durable
  std::vector<LaneId> to_mark_;          ///< taken out; no transaction without this
  std::vector<LaneId> to_close_;         ///< asked for, not yet written
  std::vector<LaneId> closing_;          ///< closed; parked deliveries are being made dead
  absl::flat_hash_set<LaneId> closed_;   ///< closed since the start
  base::MonoTime retry_at_{};            ///< while the disk is full

  // Kept for their capacity.
  std::string records_;
  AttemptChunk attempts_;
  std::vector<std::pair<int64_t, uint64_t>> written_attempts_;

  std::atomic<bool> failed_{false};
  base::Mutex failure_mutex_;
  absl::Status failure_
      ABSL_GUARDED_BY(failure_mutex_);  ///< from another thread, to be told on the journal's
  bool told_ = false;
  std::thread thread_;
};

}  // namespace carillon::journal
