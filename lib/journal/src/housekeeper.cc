#include "housekeeper.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <utility>

#include "carillon/base/worker.h"
#include "digest.h"
#include "inspection.h"

namespace carillon::journal {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kCheckpointPages = (16u << 20) / kPageBytes;
constexpr uint64_t kRestartPages = (64u << 20) / kPageBytes;

uint64_t SizeOf(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

}  // namespace

Space JudgeSpace(uint64_t free, uint64_t reusable_bytes, uint64_t mark, bool was_low) {
  Space space;
  const uint64_t above = was_low ? mark / 16 : 0;
  const uint64_t all = free + reusable_bytes;
  space.low = free < mark / 4 || all < mark || all - mark < above;
  if (free >= mark / 4 && space.low) space.missing = mark + mark / 16 - std::min(all, mark);
  return space;
}

uint64_t MeasureDisk(const SqliteJournalOptions& options, uint64_t reusable_bytes, Gauges& gauges) {
  uint64_t missing = 0;
  struct statvfs info{};
  if (statvfs(options.data_dir.c_str(), &info) == 0) {
    const uint64_t free = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
    gauges.free_bytes = free;
    const Space space = JudgeSpace(free, reusable_bytes, options.min_free_bytes, gauges.space_low);
    gauges.space_low = space.low;
    missing = space.missing;
  }
  const std::string path = DatabasePath(options.data_dir);
  gauges.stored_bytes = SizeOf(path) + SizeOf(path + "-wal") + SizeOf(path + "-shm");
  return missing;
}

Housekeeper::Housekeeper(sqlite::Database database, Retention retention, KeptScan kept,
                         const SqliteJournalOptions& options, Gauges& gauges, KeptBoard& board,
                         Writer& writer, base::Mutex& turn)
    : database_(std::move(database)),
      retention_(std::move(retention)),
      kept_(std::move(kept)),
      options_(options),
      gauges_(gauges),
      board_(board),
      writer_(writer),
      turn_(turn),
      wake_at_pages_(kCheckpointPages) {
  // Restarting the write-ahead file waits for readers while the writer waits for it.
  sqlite3_busy_timeout(database_.handle(), 50);
  thread_ = std::thread([this] {
    base::NameThread("journal-keep");
    Run();
  });
}

void Housekeeper::OnWalPages(uint64_t pages) {
  gauges_.wal_pages = pages;
  if (pages < std::exchange(last_pages_, pages))
    wake_at_pages_ = kCheckpointPages;  // it began anew
  if (pages < wake_at_pages_) return;
  {
    const base::MutexLock lock(mutex_);
    if (woken_) return;
    woken_ = true;
  }
  wake_.NotifyOne();
}

void Housekeeper::Stop() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::Finish(HighWaterFile& mark) {
  if (writer_.failed() || !mark.SetStopping().ok()) return;
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr,
                                             SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) return;
  const absl::StatusOr<uint32_t> digest = DigestOfSmallTables(database_);
  if (digest.ok()) mark.SetClean(*digest).IgnoreError();
}

void Housekeeper::Run() {
  base::MutexLock lock(mutex_);
  while (!stopping_) {
    // A thread waits by the system's clock.
    const auto next = base::SystemClock().Mono() + options_.housekeeping_interval;
    while (!stopping_ && !woken_ && wake_.WaitUntil(mutex_, next)) {
    }
    if (stopping_) return;
    woken_ = false;
    lock.Unlock();
    if (!writer_.failed()) Round();
    lock.Lock();
  }
}

void Housekeeper::PostLook() {
  if (look_posted_.exchange(true)) return;
  InboxTask task = [this] {
    look_posted_ = false;
    writer_.LookAfterFiles();
  };
  writer_.inbox().Add(task);
}

void Housekeeper::Round() {
  PostLook();
  const absl::StatusOr<int64_t> pages = database_.Scalar("PRAGMA freelist_count");
  const uint64_t missing =
      MeasureDisk(options_, pages.ok() ? static_cast<uint64_t>(*pages) * kPageBytes : 0, gauges_);
  Checkpoint();
  const bool removed = Retain(missing);
  // While there is anything else to remove, what is kept need not give way. What others fill the
  // file system with is no reason to give up more than half of what there is.
  const uint64_t room = gauges_.free_bytes + gauges_.stored_bytes;
  LookAtKept(removed || missing == 0 ? UINT64_MAX : room / 2);
}

void Housekeeper::FailUnlessBusy(Operation operation, const absl::Status& status) {
  writer_.NoteError(operation, status);
  if (!absl::IsAborted(status)) writer_.Fail(status);
}

void Housekeeper::LookAtKept(uint64_t max_kept_bytes) {
  const absl::StatusOr<uint64_t> leave_to = retention_.LeaveTo();
  if (!leave_to.ok()) return FailUnlessBusy(Operation::kRetention, leave_to.status());
  auto view = std::make_shared<KeptView>(*board_.Get());
  if (kept_.Due()) {
    absl::StatusOr<KeptView> look = kept_.Look(*leave_to != 0 ? UINT64_MAX : max_kept_bytes);
    if (!look.ok()) return FailUnlessBusy(Operation::kRetention, look.status());
    *view = *std::move(look);
  }
  view->demand.leave_to = *leave_to;
  board_.Set(std::move(view));
}

bool Housekeeper::Tolerable(int code) {
  if (code == SQLITE_OK) return true;
  const absl::Status status = sqlite::ErrorOf(database_.handle(), code);
  if (absl::IsAborted(status)) return true;  // readers are in its way
  writer_.NoteError(Operation::kCheckpoint, status);
  if (absl::IsResourceExhausted(status)) return true;
  // A failed sync may have lost pages for good; trying again would report a success.
  writer_.Fail(status);
  return false;
}

void Housekeeper::Checkpoint() {
  const uint64_t pages = gauges_.wal_pages;
  const uint64_t commits = gauges_.commits;
  const bool idle = commits == std::exchange(commits_seen_, commits);
  if (pages < copied_pages_) copied_pages_ = 0;  // it started anew
  if (pages == copied_pages_) return;
  if (!idle && pages < copied_pages_ + kCheckpointPages) return;
  int in_file = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &in_file, &copied);
  if (!Tolerable(code) || code != SQLITE_OK) return;
  copied_pages_ = copied > 0 ? static_cast<uint64_t>(copied) : 0;
  if (gauges_.wal_pages >= kRestartPages) Restart();
  wake_at_pages_ = copied_pages_ + kCheckpointPages;
}

void Housekeeper::Restart() {
  const base::MutexLock lock(turn_);
  if (writer_.failed()) return;
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_RESTART,
                                             nullptr, nullptr);
  if (!Tolerable(code) || code != SQLITE_OK) return;
  copied_pages_ = 0;
  gauges_.wal_pages = 0;
}

bool Housekeeper::Retain(uint64_t missing_bytes) {
  retention_.Begin(missing_bytes);
  for (bool removed = false;; removed = true) {
    absl::StatusOr<RetentionStep> step = retention_.Next();
    if (!step.ok()) return FailUnlessBusy(Operation::kRetention, step.status()), removed;
    if (step->empty() || !Hand(*std::move(step))) return removed;
    Checkpoint();
  }
}

bool Housekeeper::Hand(RetentionStep step) {
  const base::MutexLock lock(mutex_);
  if (stopping_) return false;
  handed_done_ = false;
  InboxTask task = [this, step = std::move(step)] {
    const bool removed = writer_.Remove(step);
    const base::MutexLock done(mutex_);
    handed_ok_ = removed;
    handed_done_ = true;
    wake_.NotifyAll();
  };
  if (!writer_.inbox().Add(task)) return false;
  // The task is run before the writer ends, and the writer ends after this thread.
  while (!handed_done_) wake_.Wait(mutex_);
  return handed_ok_ && !stopping_;
}

}  // namespace carillon::journal
