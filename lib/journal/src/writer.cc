#include "writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/short_slices.h"
#include "carillon/base/worker.h"
#include "carillon/store/refusal.h"

namespace carillon::journal {
namespace {

constexpr std::chrono::milliseconds kDiskFullPause{200};
/// No answer rests on files that were looked at longer ago.
constexpr std::chrono::milliseconds kWatchAge{900};
constexpr uint64_t kWalHeaderBytes = 32;
constexpr uint64_t kWalFrameBytes = 24 + 4096;

int64_t Nanos(base::MonoTime t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

}  // namespace

absl::Status Writer::Stopped() {
  return Refuse(Refusal::kFailed, absl::StatusCode::kUnavailable,
                "the journal cannot write any more; whether the events were stored is not known: "
                "publish them again with the same ids");
}

absl::Status Writer::NotStored(const absl::Status& why) {
  return Refuse(Refusal::kFull, absl::StatusCode::kResourceExhausted,
                absl::StrCat("the journal's disk takes no more, nothing was stored: publish again "
                             "later; the operator has to free space or lower the retention: ",
                             why.message()));
}

Writer::Writer(Store store, OpenedState opened, IdWindow ids, HighWaterFile mark, FileWatch watch,
               SqliteJournalHooks hooks, const base::Clock& clock, Gauges& gauges,
               base::Mutex& turn, std::chrono::nanoseconds hold)
    : store_(std::move(store)),
      progress_(std::move(opened.progress)),
      attempt_tail_(std::move(opened.attempt_tail)),
      next_attempt_id_(opened.next_attempt_id),
      ids_(std::move(ids)),
      mark_(std::move(mark)),
      watch_(std::move(watch)),
      hold_(hold),
      hooks_(std::move(hooks)),
      clock_(clock),
      gauges_(gauges),
      turn_(turn),
      inbox_(clock),
      told_to_(progress_.state.last_position) {
  gauges_.dead = opened.dead;
  Publish();
  thread_ = std::thread([this] {
    base::NameThread("journal");
    base::AskForShortSlices();  // publishers wait for it
    Run();
  });
}

void Writer::Start() {
  InboxTask start = [this] { inbox_.Open(); };
  inbox_.Add(start);
}

void Writer::Stop() {
  inbox_.Stop();
  if (thread_.joinable()) thread_.join();
}

void Writer::Run() {
  while (true) {
    Group group = inbox_.Take(NextDeadline(), !settling_.empty());
    if (failed()) {
      FailNow(absl::OkStatus(), group);
    } else {
      CommitGroup(group);
    }
    for (InboxTask& task : group.tasks) task();
    if (!failed()) WorkOnClosing();
    if (group.stopping && !failed()) {
      if (absl::Status status = CheckFiles(); !status.ok()) Fail(std::move(status));
    }
    if (failed() && !told_) FailNow(absl::OkStatus(), group);
    if (group.stopping) return;
  }
}

base::MonoTime Writer::NextDeadline() const {
  const base::MonoTime now = clock_.Mono();
  if (failed()) return now + std::chrono::hours(1);
  if (!settling_.empty() || !to_mark_.empty() || !to_close_.empty()) return retry_at_;
  if (!closing_.empty()) return std::max(now, retry_at_);
  return now + std::chrono::hours(1);
}

void Writer::CommitGroup(Group& group) {
  settling_.insert(settling_.end(), std::make_move_iterator(group.settlements.begin()),
                   std::make_move_iterator(group.settlements.end()));
  group.settlements.clear();
  RefuseDeposed(settling_);
  const base::MonoTime start = clock_.Mono();
  const bool settle =
      !settling_.empty() && (start >= retry_at_ || !group.appends.empty() || group.stopping);
  if (group.appends.empty() && !settle) return;

  Staged staged = Stage(group);
  const size_t events = staged.events.size();
  size_t rows = 0;
  for (const SettleRequest& request : settling_) rows += RowCount(request.settlement);
  Progress next = progress_;
  uint64_t dead_added = 0;
  written_attempts_.clear();
  if (events > 0 || settle) {
    const absl::Status status = Transact([&] {
      absl::Status written = WriteEvents(staged, next.state);
      if (written.ok()) written = WriteSettlements(next, dead_added);
      return written;
    });
    if (!status.ok()) return Refused(group, staged, status);
    gauges_.dead += dead_added;
    ++gauges_.commits;
    if (hooks_.on_commit) hooks_.on_commit(events, rows, clock_.Mono() - start);
  }
  if (watch_.OlderThan(kWatchAge, clock_.Mono())) {
    if (absl::Status status = CheckFiles(); !status.ok()) return FailNow(std::move(status), group);
  }
  mark_.Advance(next.state.last_position);
  Committed(group, std::move(staged), std::move(next));
}

absl::Status Writer::CheckFiles() {
  const uint64_t pages = gauges_.wal_pages;
  absl::Status status =
      watch_.Check(pages > 0 ? kWalHeaderBytes + pages * kWalFrameBytes : 0, clock_.Mono());
  if (!status.ok()) NoteError(Operation::kFiles, status);
  return status;
}

void Writer::LookAfterFiles() {
  if (failed()) return;
  if (absl::Status status = CheckFiles(); !status.ok()) return Fail(std::move(status));
  const base::MonoTime now = clock_.Mono();
  if (!hold_.Holds(now) || now < retry_at_ || !settling_.empty()) return;
  const absl::Status status = Transact([&] { return store_.WriteState(progress_.state); });
  if (!status.ok() && !Pause(status)) Fail(status);
}

absl::Status Writer::Transact(absl::FunctionRef<absl::Status()> body) {
  const base::MutexLock lock(turn_);
  absl::Status status = store_.Begin();
  for (const LaneId lane : to_mark_) {
    if (status.ok()) status = store_.TakeLaneOut(lane);
  }
  if (status.ok()) status = body();
  // Something went wrong on another thread meanwhile: what is being written may rest on it.
  if (status.ok() && failed()) status = Stopped();
  if (status.ok()) status = store_.Commit();
  if (status.ok()) {
    to_mark_.clear();
  } else {
    store_.Rollback();
    if (!failed()) NoteError(Operation::kWrite, status);
  }
  return status;
}

void Writer::Committed(Group& group, Staged staged, Progress next) {
  progress_ = std::move(next);
  for (const auto& [id, max_position] : written_attempts_) {
    attempt_tail_.Add(id, max_position);
    next_attempt_id_ = id + 1;
  }
  retry_at_ = {};
  gauges_.disk_full_until = 0;
  Publish();
  if (!staged.events.empty()) TellConsumers(std::move(staged.events));
  std::vector<AppendRequest> appends = std::exchange(group.appends, {});  // each answered once
  for (size_t i = 0; i < appends.size(); ++i) {
    gauges_.waiting_bytes -= appends[i].bytes;
    appends[i].done(std::move(staged.results[i]));
  }
  for (SettleRequest& request : std::exchange(settling_, {})) {
    Answer(request, absl::OkStatus());
  }
}

void Writer::Refused(Group& group, Staged& staged, const absl::Status& why) {
  const uint64_t durable = progress_.state.last_position;
  ids_.RemoveFrom(durable + 1);
  if (!Pause(why)) return FailNow(why, group);
  if (group.stopping) {  // found again from what is durable
    for (SettleRequest& request : std::exchange(settling_, {})) Answer(request, Stopped());
  }
  const absl::Status status = NotStored(why);
  std::vector<AppendRequest> appends = std::exchange(group.appends, {});
  for (size_t i = 0; i < appends.size(); ++i) {
    AppendRequest& request = appends[i];
    std::vector<Appended>& results = staged.results[i];
    const bool old = std::all_of(results.begin(), results.end(),
                                 [&](const Appended& a) { return a.position <= durable; });
    gauges_.waiting_bytes -= request.bytes;
    if (old) {
      request.done(std::move(results));
    } else {
      request.done(status);
    }
  }
}

bool Writer::Pause(const absl::Status& why) {
  if (!absl::IsResourceExhausted(why) && !absl::IsAborted(why)) return false;
  const base::MonoTime now = clock_.Mono();
  retry_at_ = now + kDiskFullPause;
  gauges_.disk_full_until = Nanos(retry_at_);
  gauges_.held_until = Nanos(absl::IsResourceExhausted(why) ? hold_.Failed(now) : retry_at_);
  return true;
}

void Writer::Publish() {
  gauges_.watermark = progress_.state.watermark;
  gauges_.attempt_floor = progress_.state.attempt_floor;
  gauges_.floor = progress_.floor();
  gauges_.event_bytes = progress_.state.event_bytes;
  gauges_.attempt_bytes = progress_.state.attempt_bytes;
  gauges_.ids = ids_.size();
  gauges_.ids_front = ids_.front();
  gauges_.last_position = progress_.state.last_position;
}

void Writer::Fail(absl::Status why) {
  {
    const base::MutexLock lock(failure_mutex_);
    if (failed_.exchange(true)) return;
    failure_ = std::move(why);
  }
  InboxTask wake = [] {};
  inbox_.Add(wake);
}

void Writer::FailNow(absl::Status why, Group& group) {
  {
    const base::MutexLock lock(failure_mutex_);
    if (!failed_.exchange(true)) failure_ = std::move(why);
    why = failure_;
  }
  RefuseAll(group);
  if (told_) return;
  told_ = true;
  while (true) {
    Group waiting = inbox_.Take(clock_.Mono(), false);
    std::move(waiting.tasks.begin(), waiting.tasks.end(), std::back_inserter(group.tasks));
    if (waiting.appends.empty() && waiting.settlements.empty()) break;
    RefuseAll(waiting);
  }
  if (hooks_.on_fatal) hooks_.on_fatal(std::move(why));
}

void Writer::RefuseAll(Group& group) {
  for (AppendRequest& request : group.appends) {
    gauges_.waiting_bytes -= request.bytes;
    request.done(Stopped());
  }
  group.appends.clear();
  for (SettleRequest& request : std::exchange(settling_, {})) Answer(request, Stopped());
  for (SettleRequest& request : std::exchange(group.settlements, {})) Answer(request, Stopped());
}

bool Writer::Remove(const RetentionStep& step) {
  if (failed()) return false;
  StateRow next = progress_.state;
  next.event_bytes -= std::min(next.event_bytes, step.event_bytes);
  next.attempt_bytes -= std::min(next.attempt_bytes, step.attempt_bytes);
  uint64_t dead_removed = 0;
  const absl::Status status = Transact([&] {
    absl::Status removed = store_.Remove(step, dead_removed);
    // The last position too: it must outlive the events, so that none is ever given twice.
    if (removed.ok()) removed = store_.WriteState(next);
    return removed;
  });
  if (!status.ok()) {
    if (!Pause(status)) Fail(status);
    return false;
  }
  progress_.state = next;
  gauges_.dead -= dead_removed;
  Publish();
  return true;
}

}  // namespace carillon::journal
