#include "carillon/journal/sqlite_journal.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "advice.h"
#include "carillon/base/mutex.h"
#include "carillon/base/text.h"
#include "carillon/base/worker.h"
#include "carillon/store/refusal.h"
#include "gauges.h"
#include "housekeeper.h"
#include "kept_board.h"
#include "opening.h"
#include "writer.h"

namespace carillon::journal {
namespace {

/// A disk that was full has to take writes for so many rounds of the housekeeper before the journal
/// says that it accepts again.
constexpr int kHoldRounds = 5;
/// Settlements of one shard that may wait for the disk.
constexpr size_t kMaxOutstanding = 4;

absl::Status Stopping() {
  return Refuse(Refusal::kStopping, absl::StatusCode::kUnavailable,
                "the journal is stopping: nothing was stored; publish again later");
}

/// Who keeps most, for a message.
std::string MostKept(const std::vector<Holder>& holders) {
  if (holders.empty()) return "";
  const Holder& most = holders.front();
  return absl::StrCat("; most is kept for destination ",
                      most.tenant.empty() ? "" : most.tenant + "/", most.name, ": ",
                      most.bytes >> 10, " KiB since ", base::FormatRfc3339(most.since));
}

/// What failed for good is told with what an operator can do about it.
SqliteJournalHooks WithAdvice(SqliteJournalHooks hooks, const std::string& folder) {
  if (!hooks.on_fatal) return hooks;
  hooks.on_fatal = [tell = std::move(hooks.on_fatal), folder](absl::Status status) mutable {
    tell(AdviseRunning(status, folder));
  };
  return hooks;
}

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(const SqliteJournalOptions& options, OpenedStore opened, SqliteJournalHooks hooks,
                const base::Clock& clock);
  ~SqliteJournal() override { Stop(); }

  Recovered recovered() const override { return recovered_; }
  void AddConsumer(Consumer* consumer) override { writer_.AddConsumer(consumer); }
  void RemoveConsumer(Consumer* consumer) override { writer_.RemoveConsumer(consumer); }
  void Start() override { writer_.Start(); }
  void Append(std::vector<std::shared_ptr<model::Event>> events, AppendDone done) override;
  void DeclareShards(uint32_t count) override;
  void TakeShard(ShardId shard, absl::AnyInvocable<void(absl::StatusOr<ShardState>)> done) override;
  void ReleaseShard(ShardId shard, uint64_t epoch) override;
  size_t max_outstanding() const override { return kMaxOutstanding; }
  void Settle(Settlement settlement, absl::AnyInvocable<void(absl::Status)> done) override;
  void Read(uint64_t from, size_t max_bytes, absl::AnyInvocable<void(EventBatchPtr)> done) override;
  void TakeDue(LaneId lane, base::WallTime until, size_t limit,
               absl::AnyInvocable<void(DueDeliveries)> done) override;
  void TakeHeld(LaneId lane, GroupId group, size_t limit,
                absl::AnyInvocable<void(DueDeliveries)> done) override;
  void TakeKept(LaneId lane, uint64_t from, size_t limit,
                absl::AnyInvocable<void(DueDeliveries)> done) override;
  void ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit,
                  absl::AnyInvocable<void(ParkedPage)> done) override;
  void ReadAttempts(uint64_t after, size_t limit,
                    absl::AnyInvocable<void(absl::StatusOr<AttemptPage>)> done) override;
  Demand demand() const override { return board_.Get()->demand; }
  void OpenLanes(ShardId shard, std::vector<LaneName> names,
                 absl::AnyInvocable<void(absl::StatusOr<std::vector<LaneState>>)> done) override;
  void TakeOut(std::vector<OwnedLanes> lanes, absl::AnyInvocable<void(absl::Status)> done) override;
  void CloseLanes(OwnedLaneIds lanes) override;
  void ListLanes(absl::AnyInvocable<void(absl::StatusOr<std::vector<ListedLane>>)> done) override;
  void RetireLanes(
      std::vector<OwnedLaneIds> lanes,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<RetiredLane>>)> done) override;
  void Stop() override;
  LogStats log_stats() const override;
  ShardStats shard_stats() const override;
  DiskStats disk_stats() const override;

 private:
  int64_t MonoNanos() const {
    return std::chrono::nanoseconds(clock_.Mono().time_since_epoch()).count();
  }
  /// Why publishing is refused just now, if it is.
  absl::Status CheckRoom(size_t bytes);
  std::vector<IdHash> HashIds(const std::vector<std::shared_ptr<model::Event>>& events) const;
  void FailReading(const absl::Status& why);
  /// What comes after the release of its shard is refused at once: the journal thread may write it
  /// before it hears of that.
  bool WasReleased(const Settlement& settlement);
  /// Of a shard that was owned before: what is settled by now is read. On the reader's thread.
  void ReadShard(const Writer::TakenShard& taken,
                 absl::AnyInvocable<void(absl::StatusOr<ShardState>)> done);
  void AnswerDue(absl::StatusOr<DueDeliveries> due, absl::AnyInvocable<void(DueDeliveries)>& done);

  const SqliteJournalOptions options_;
  const base::Clock& clock_;
  const FolderLock lock_;
  const HashKey hash_key_;
  const std::shared_ptr<const SettledSet> settled_;  ///< what the start found
  const Recovered recovered_;
  const std::unique_ptr<SyncVfs> sync_vfs_;  ///< the writer's; null when nobody is told
  const std::unique_ptr<Gauges> owned_gauges_;
  Gauges& gauges_;
  KeptBoard board_;
  base::Mutex turn_;  ///< held during each transaction: the database is guarded by turn_
  std::atomic<bool> stopping_{false};
  base::Mutex stop_mutex_;
  bool finished_ ABSL_GUARDED_BY(stop_mutex_) = false;
  base::Mutex released_mutex_;
  std::map<ShardId, uint64_t> released_ ABSL_GUARDED_BY(released_mutex_);  ///< epochs
  Reader reader_;
  base::Worker reads_{"journal-read"};
  Writer writer_;
  Housekeeper housekeeper_;
};

/// Runs after each commit, on the journal thread.
int OnWal(void* housekeeper, sqlite3*, const char*, int pages) {
  static_cast<Housekeeper*>(housekeeper)->OnWalPages(static_cast<uint64_t>(pages));
  return SQLITE_OK;
}

SqliteJournal::SqliteJournal(const SqliteJournalOptions& options, OpenedStore opened,
                             SqliteJournalHooks hooks, const base::Clock& clock)
    : options_(options),
      clock_(clock),
      lock_(std::move(opened.lock)),
      hash_key_(opened.state.hash_key),
      settled_(std::move(opened.state.settled)),
      recovered_{opened.state.progress.state.watermark, opened.state.progress.state.last_position},
      sync_vfs_(std::move(opened.sync_vfs)),
      owned_gauges_(std::move(opened.gauges)),
      gauges_(*owned_gauges_),
      reader_(std::move(opened.reader)),
      writer_(std::move(opened.store), std::move(opened.state), std::move(opened.ids),
              std::move(opened.mark), std::move(opened.watch),
              WithAdvice(std::move(hooks), options.data_dir), clock, gauges_, turn_,
              kHoldRounds * options.housekeeping_interval),
      housekeeper_(std::move(opened.housekeeping), std::move(opened.retention),
                   std::move(opened.kept), options, gauges_, board_, writer_, turn_) {
  InboxTask watch = [this] { writer_.WatchWal(OnWal, &housekeeper_); };
  writer_.inbox().Add(watch);
  MeasureDisk(options_, 0, gauges_);
}

absl::Status SqliteJournal::CheckRoom(size_t bytes) {
  if (stopping_) return Stopping();
  if (writer_.failed()) {
    return Refuse(Refusal::kFailed, absl::StatusCode::kUnavailable,
                  "the journal cannot write any more: nothing was stored");
  }
  if (gauges_.space_low || MonoNanos() < gauges_.disk_full_until) {
    return Refuse(
        Refusal::kFull, absl::StatusCode::kResourceExhausted,
        absl::StrCat("the journal's disk is nearly full (", gauges_.free_bytes >> 20,
                     " MiB free), nothing was stored: publish again later; the operator has to "
                     "free space or lower the retention",
                     MostKept(board_.Get()->holders)));
  }
  if (gauges_.waiting_bytes.fetch_add(bytes) + bytes > options_.max_waiting_bytes) {
    gauges_.waiting_bytes -= bytes;
    return Refuse(Refusal::kWaiting, absl::StatusCode::kResourceExhausted,
                  "too many events wait for the disk, nothing was stored: publish again later");
  }
  return absl::OkStatus();
}

std::vector<IdHash> SqliteJournal::HashIds(
    const std::vector<std::shared_ptr<model::Event>>& events) const {
  std::vector<IdHash> ids;
  ids.reserve(events.size());
  for (const auto& event : events) {
    ids.push_back(HashId(hash_key_, event->tenant(), event->id()));
  }
  return ids;
}

void SqliteJournal::Append(std::vector<std::shared_ptr<model::Event>> events, AppendDone done) {
  size_t bytes = 0;
  for (const auto& event : events) bytes += event->bytes();
  if (absl::Status refusal = CheckRoom(bytes); !refusal.ok()) return done(std::move(refusal));
  if (events.empty()) return done(std::vector<Appended>());
  std::vector<IdHash> ids = HashIds(events);
  AppendRequest request{std::move(events), std::move(ids), std::move(done), bytes};
  if (writer_.inbox().Add(request)) return;
  gauges_.waiting_bytes -= bytes;
  request.done(Stopping());
}

void SqliteJournal::DeclareShards(uint32_t count) {
  InboxTask task = [this, count] { writer_.DeclareShards(count); };
  writer_.inbox().Add(task);
}

void SqliteJournal::TakeShard(ShardId shard,
                              absl::AnyInvocable<void(absl::StatusOr<ShardState>)> done) {
  // Shared, because a task that the inbox does not take must still be answered.
  auto answer = std::make_shared<decltype(done)>(std::move(done));
  InboxTask task = [this, shard, answer] {
    absl::StatusOr<Writer::TakenShard> taken = writer_.TakeShard(shard);
    if (!taken.ok()) return (*answer)(taken.status());
    if (taken->epoch == 1) {
      const uint64_t last = taken->progress.state.last_position;
      return (*answer)(ShardState{taken->epoch, taken->watermark, last, settled_});
    }
    const bool posted = reads_.Post(
        [this, taken = *std::move(taken), answer] { ReadShard(taken, std::move(*answer)); });
    if (!posted) (*answer)(Stopping());
  };
  if (!writer_.inbox().Add(task)) (*answer)(Stopping());
}

void SqliteJournal::ReadShard(const Writer::TakenShard& taken,
                              absl::AnyInvocable<void(absl::StatusOr<ShardState>)> done) {
  absl::StatusOr<SettledSet> settled = reader_.ReadSettled(taken.progress);
  if (!settled.ok()) {
    FailReading(settled.status());
    return done(Stopping());
  }
  done(ShardState{taken.epoch, taken.watermark, taken.progress.state.last_position,
                  std::make_shared<const SettledSet>(*std::move(settled))});
}

void SqliteJournal::ReleaseShard(ShardId shard, uint64_t epoch) {
  {
    const base::MutexLock lock(released_mutex_);
    uint64_t& released = released_[shard];
    released = std::max(released, epoch);
  }
  InboxTask task = [this, shard, epoch] { writer_.ReleaseShard(shard, epoch); };
  writer_.inbox().Add(task);
}

bool SqliteJournal::WasReleased(const Settlement& settlement) {
  const base::MutexLock lock(released_mutex_);
  const auto released = released_.find(settlement.shard);
  return released != released_.end() && settlement.epoch <= released->second;
}

void SqliteJournal::Settle(Settlement settlement, absl::AnyInvocable<void(absl::Status)> done) {
  if (WasReleased(settlement)) return done(Writer::Deposed(settlement));
  std::vector<IdHash> ids = HashIds(settlement.events);
  SettleRequest request{std::move(settlement), std::move(ids), std::move(done)};
  if (!writer_.inbox().Add(request)) Answer(request, Stopping());
}

void SqliteJournal::Read(uint64_t from, size_t max_bytes,
                         absl::AnyInvocable<void(EventBatchPtr)> done) {
  reads_.Post([this, from, max_bytes, done = std::move(done)]() mutable {
    auto batch = std::make_shared<EventBatch>(EventBatch{{}, from, from - 1});
    const uint64_t committed = gauges_.last_position;
    if (from <= committed) {
      bool more = false;
      absl::StatusOr<Events> read = reader_.Read(from, max_bytes, more);
      if (read.ok()) {
        if (!read->empty()) batch->last = read->back()->position();
        if (!more) batch->last = std::max(batch->last, committed);
        batch->events = *std::move(read);
      } else {
        batch->last = committed;  // nothing comes of it: nothing is written any more
        FailReading(read.status());
      }
    }
    done(std::move(batch));
  });
}

void SqliteJournal::TakeDue(LaneId lane, base::WallTime until, size_t limit,
                            absl::AnyInvocable<void(DueDeliveries)> done) {
  reads_.Post([this, lane, until, limit, done = std::move(done)]() mutable {
    AnswerDue(reader_.TakeDue(lane, until, limit), done);
  });
}

void SqliteJournal::TakeHeld(LaneId lane, GroupId group, size_t limit,
                             absl::AnyInvocable<void(DueDeliveries)> done) {
  reads_.Post([this, lane, group, limit, done = std::move(done)]() mutable {
    AnswerDue(reader_.TakeHeld(lane, group, limit), done);
  });
}

void SqliteJournal::TakeKept(LaneId lane, uint64_t from, size_t limit,
                             absl::AnyInvocable<void(DueDeliveries)> done) {
  reads_.Post([this, lane, from, limit, done = std::move(done)]() mutable {
    AnswerDue(reader_.TakeKept(lane, from, limit), done);
  });
}

void SqliteJournal::ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit,
                               absl::AnyInvocable<void(ParkedPage)> done) {
  reads_.Post([this, lane, up_to, from, limit, done = std::move(done)]() mutable {
    absl::StatusOr<ParkedPage> page = reader_.ListParked(lane, up_to, from, limit);
    if (!page.ok()) FailReading(page.status());
    done(page.ok() ? *std::move(page) : ParkedPage());
  });
}

void SqliteJournal::ReadAttempts(uint64_t after, size_t limit,
                                 absl::AnyInvocable<void(absl::StatusOr<AttemptPage>)> done) {
  if (limit < 1 || limit > kMaxRows) {
    return done(absl::InvalidArgumentError(
        absl::StrCat("a limit of ", limit, " attempts; 1 to ", kMaxRows)));
  }
  const auto answer = std::make_shared<decltype(done)>(std::move(done));
  const bool posted = reads_.Post([this, after, limit, answer] {
    absl::StatusOr<AttemptPage> page = reader_.ReadAttempts(after, limit);
    if (!page.ok()) writer_.NoteError(Operation::kRead, page.status());
    (*answer)(std::move(page));
  });
  if (!posted) (*answer)(absl::UnavailableError("the journal was stopped"));
}

void SqliteJournal::FailReading(const absl::Status& why) {
  writer_.NoteError(Operation::kRead, why);
  writer_.Fail(why);
}

void SqliteJournal::AnswerDue(absl::StatusOr<DueDeliveries> due,
                              absl::AnyInvocable<void(DueDeliveries)>& done) {
  if (!due.ok()) FailReading(due.status());
  done(due.ok() ? *std::move(due) : DueDeliveries());
}

void SqliteJournal::OpenLanes(
    ShardId, std::vector<LaneName> names,
    absl::AnyInvocable<void(absl::StatusOr<std::vector<LaneState>>)> done) {
  auto answer = std::make_shared<decltype(done)>(std::move(done));  // as above
  InboxTask task = [this, names = std::move(names), answer] {
    (*answer)(writer_.OpenLanes(names));
  };
  if (!writer_.inbox().Add(task)) (*answer)(Stopping());
}

void SqliteJournal::TakeOut(std::vector<OwnedLanes> lanes,
                            absl::AnyInvocable<void(absl::Status)> done) {
  auto answer = std::make_shared<decltype(done)>(std::move(done));  // as above
  InboxTask task = [this, lanes = std::move(lanes), answer] { (*answer)(writer_.TakeOut(lanes)); };
  if (!writer_.inbox().Add(task)) (*answer)(Stopping());
}

void SqliteJournal::CloseLanes(OwnedLaneIds lanes) {
  InboxTask task = [this, lanes = std::move(lanes)] { writer_.CloseLanes(lanes); };
  writer_.inbox().Add(task);
}

void SqliteJournal::ListLanes(
    absl::AnyInvocable<void(absl::StatusOr<std::vector<ListedLane>>)> done) {
  auto answer = std::make_shared<decltype(done)>(std::move(done));  // as above
  InboxTask task = [this, answer] { (*answer)(writer_.ListLanes()); };
  if (!writer_.inbox().Add(task)) (*answer)(Stopping());
}

void SqliteJournal::RetireLanes(
    std::vector<OwnedLaneIds> lanes,
    absl::AnyInvocable<void(absl::StatusOr<std::vector<RetiredLane>>)> done) {
  auto answer = std::make_shared<decltype(done)>(std::move(done));  // as above
  InboxTask task = [this, lanes = std::move(lanes), answer] {
    (*answer)(writer_.RetireLanes(lanes, recovered_, *settled_));
  };
  if (!writer_.inbox().Add(task)) (*answer)(Stopping());
}

void SqliteJournal::Stop() {
  const base::MutexLock lock(stop_mutex_);
  stopping_ = true;
  housekeeper_.Stop();
  writer_.Stop();
  reads_.Stop();
  if (!std::exchange(finished_, true)) housekeeper_.Finish(writer_.mark());
}

store::EventLog::LogStats SqliteJournal::log_stats() const {
  return {.last_position = gauges_.last_position,
          .waiting_bytes = gauges_.waiting_bytes,
          .deduplication_ids = gauges_.ids,
          .accepting = !gauges_.space_low && MonoNanos() >= gauges_.held_until};
}

store::ShardStore::ShardStats SqliteJournal::shard_stats() const {
  const std::shared_ptr<const KeptView> kept = board_.Get();
  return {.watermark = gauges_.watermark,
          .floor = gauges_.floor,
          .dead = gauges_.dead,
          .kept_deliveries = kept->deliveries,
          .kept_bytes = kept->bytes,
          .holders = kept->holders};
}

Journal::DiskStats SqliteJournal::disk_stats() const {
  return {.free_bytes = gauges_.free_bytes,
          .min_free_bytes = options_.min_free_bytes,
          .stored_bytes = gauges_.stored_bytes};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> OpenSqliteJournal(const SqliteJournalOptions& options,
                                                           SqliteJournalHooks hooks,
                                                           const base::Clock& clock) {
  absl::StatusOr<OpenedStore> opened = OpenStore(options, hooks, clock);
  if (!opened.ok()) return AdviseOpening(opened.status(), options.data_dir);
  return std::make_unique<SqliteJournal>(options, *std::move(opened), std::move(hooks), clock);
}

}  // namespace carillon::journal
