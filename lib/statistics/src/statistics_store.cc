#include "carillon/statistics/statistics_store.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/mutex.h"
#include "carillon/base/worker.h"
#include "carillon/sqlite/kept_file.h"
#include "cell_file.h"
#include "cell_reader.h"
#include "counter.h"
#include "entry_queue.h"
#include "recent_rates.h"
#include "subjects.h"

namespace carillon::statistics {
namespace {

/// How long a query waits until what was handed over before is written.
constexpr std::chrono::seconds kWaitForWrite{1};
/// Starts of cells that are removed at once, so that counting does not wait for long.
constexpr int kMaxRemovals = 120;

class StatisticsStoreImpl final : public StatisticsStore {
 public:
  StatisticsStoreImpl(Options options, const base::Clock& clock, log::Logger& logger)
      : options_(std::move(options)),
        clock_(clock),
        logger_(logger),
        queue_(options_.queue_bytes),
        reader_(options_.path, clock),
        query_worker_("stats-query") {}
  ~StatisticsStoreImpl() override;

  /// Before the thread begins.
  absl::Status OpenFile();
  /// The file is damaged: it is set aside, and a new one is made.
  absl::Status MakeAnew(const absl::Status& why);
  void Start() {
    thread_ = std::thread([this] { Run(); });
  }

  void Add(uint32_t shard, const Entry& entry) override { queue_.Add(shard, entry); }
  void Find(Query query, absl::AnyInvocable<void(absl::StatusOr<Result>)> done) override;
  void Flush() override { WaitForWrite(base::MonoTime::max()); }
  Figures figures() const override;
  Rates rates(const std::string& tenant) const override {
    return recent_.Of(tenant, clock_.Wall());
  }

 private:
  void WaitForWrite(base::MonoTime until);
  absl::StatusOr<Result> Read(const Query& query);

  // On the statistics' thread:
  void Run();
  void Count();
  void Write();
  absl::Status WriteAll();
  absl::Status Retain();
  absl::Status RemoveWhileTooLarge();
  void OnFailed(const absl::Status& why);
  void Drop();

  const Options options_;
  const base::Clock& clock_;
  log::Logger& logger_;
  EntryQueue queue_;
  RecentRates recent_;

  // The statistics' thread, and whoever opens before it begins.
  std::unique_ptr<CellFile> file_;  // null: it was set aside, and could not be made anew
  Subjects subjects_{options_.max_subjects};
  Counter counter_{subjects_};
  EntryQueue::Batches batches_;
  int64_t forgotten_before_ = INT64_MIN;  // the hour since which subjects had to have something
  base::MonoTime write_at_{};
  base::MonoTime retry_at_{};

  std::atomic<uint64_t> counted_{0}, dropped_disk_{0}, no_subject_{0}, subject_count_{0}, bytes_{0},
      damaged_{0};
  std::atomic<bool> failing_{false};
  std::atomic<bool> found_damaged_{false};  // by the reader
  std::atomic<uint64_t> files_{0};          // how often one was opened

  base::Mutex mutex_;
  base::CondVar wake_, written_;
  uint64_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;

  CellReader reader_;      // on the worker
  uint64_t reads_of_ = 0;  // which of `files_` it reads; on the worker
  std::atomic<size_t> waiting_{0};
  std::atomic<bool> closed_{false};
  base::Worker query_worker_;
};

StatisticsStoreImpl::~StatisticsStoreImpl() {
  closed_.store(true);
  query_worker_.Stop();
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status StatisticsStoreImpl::OpenFile() {
  absl::StatusOr<std::unique_ptr<CellFile>> file = CellFile::Open(options_.path);
  if (!file.ok()) return file.status();
  subjects_ = Subjects(options_.max_subjects);
  absl::Status status = (*file)->Restore(subjects_);
  if (!status.ok()) return status;
  const absl::StatusOr<uint64_t> used = (*file)->UsedBytes();
  if (!used.ok()) return used.status();
  file_ = *std::move(file);
  bytes_.store(*used);
  subject_count_.store(subjects_.size() - 1);  // but for kAll
  files_.fetch_add(1);
  return absl::OkStatus();
}

void StatisticsStoreImpl::Run() {
  base::NameThread("statistics");
  write_at_ = clock_.Mono() + options_.write_every;
  for (bool stop = false; !stop;) {
    uint64_t asked = 0;
    bool flush = false;
    {
      base::MutexLock lock(mutex_);
      const auto until = clock_.Mono() + options_.take_every;
      while (!stopping_ && asked_ == done_) {
        if (!wake_.WaitUntil(mutex_, until)) break;
      }
      stop = stopping_;
      asked = asked_;
      flush = asked > done_;
    }
    Count();
    if (found_damaged_.exchange(false)) OnFailed(absl::DataLossError("a read found it damaged"));
    const bool full = counter_.cells() >= options_.max_pending;
    if (stop || flush || full || clock_.Mono() >= write_at_) Write();
    const base::MutexLock lock(mutex_);
    done_ = std::max(done_, asked);
    written_.NotifyAll();
  }
}

void StatisticsStoreImpl::Count() {
  queue_.Take(batches_);
  for (const std::string& batch : batches_) {
    std::string_view rest = batch;
    RecentRun recent(recent_);
    for (Entry entry; EntryQueue::Next(rest, entry);) {
      counter_.Add(entry);
      recent.Add(entry);
    }
  }
}

void StatisticsStoreImpl::Write() {
  write_at_ = clock_.Mono() + options_.write_every;
  if (!failing_.load() || clock_.Mono() >= retry_at_) {
    const absl::Status status = WriteAll();
    if (!status.ok()) {
      OnFailed(status);
    } else if (failing_.exchange(false)) {
      logger_.Info("statistics are written again", {{"dropped", dropped_disk_.load()}});
    }
  }
  if (counter_.cells() >= options_.max_pending) Drop();
}

absl::Status StatisticsStoreImpl::WriteAll() {
  if (file_ == nullptr) {
    Drop();  // the numbers are not those of the file to come
    if (absl::Status status = OpenFile(); !status.ok()) return status;
  }
  if (sqlite::FreeBytesBeside(options_.path) < options_.min_free_bytes) {
    return absl::ResourceExhaustedError("the disk is nearly full");
  }
  if (counter_.entries() > 0) {
    const Cells cells = counter_.Sums();
    const std::vector<uint32_t> unsaved = subjects_.TakeUnsaved();
    absl::Status status = file_->Add(cells, subjects_, unsaved);
    if (!status.ok()) {
      subjects_.GiveBack(unsaved);
      return status;
    }
    counted_.fetch_add(counter_.entries());
    no_subject_.fetch_add(counter_.no_subject());
    counter_.Clear();
  }
  return Retain();
}

absl::Status StatisticsStoreImpl::Retain() {
  const auto now = std::chrono::floor<std::chrono::minutes>(clock_.Wall().time_since_epoch());
  const int64_t minutes_from = (now - options_.minute_age).count();
  const int64_t hours_from =
      std::chrono::floor<std::chrono::hours>(now - options_.hour_age).count();
  for (const auto& [length, from] :
       {std::pair(Length::kMinute, minutes_from), std::pair(Length::kHour, hours_from)}) {
    for (int i = 0; i < kMaxRemovals; ++i) {
      const absl::StatusOr<bool> removed = file_->RemoveOldest(length, from);
      if (!removed.ok()) return removed.status();
      if (!*removed) break;
    }
  }
  if (hours_from != forgotten_before_) {  // once an hour: it looks at all of them
    // Nothing is pending, so whoever had something counted lately was touched.
    const std::vector<uint32_t> gone = subjects_.Forget(hours_from);
    if (absl::Status status = file_->Remove(gone); !status.ok()) return status;
    forgotten_before_ = hours_from;
  }
  subject_count_.store(subjects_.size() - 1);  // but for kAll
  return RemoveWhileTooLarge();
}

absl::Status StatisticsStoreImpl::RemoveWhileTooLarge() {
  for (int i = 0;; ++i) {
    const absl::StatusOr<uint64_t> used = file_->UsedBytes();
    if (!used.ok()) return used.status();
    bytes_.store(*used);
    if (*used <= options_.max_bytes || i == kMaxRemovals) break;
    absl::StatusOr<bool> removed = file_->RemoveOldest(Length::kMinute, INT64_MAX);
    if (removed.ok() && !*removed) removed = file_->RemoveOldest(Length::kHour, INT64_MAX);
    if (!removed.ok()) return removed.status();
    if (!*removed) break;
  }
  return file_->Shrink(options_.max_bytes);
}

void StatisticsStoreImpl::OnFailed(const absl::Status& why) {
  absl::Status status = why;
  if (absl::IsDataLoss(status)) status = MakeAnew(why);
  if (status.ok()) return;
  retry_at_ = clock_.Mono() + options_.retry_after;
  if (failing_.exchange(true)) return;
  logger_.Error("statistics cannot be written", {{"error", status.message()}});
}

// What is pending is of numbers that the new file does not know.
absl::Status StatisticsStoreImpl::MakeAnew(const absl::Status& why) {
  damaged_.fetch_add(1);
  logger_.Error("the file of the statistics is damaged and set aside: counting begins anew",
                {{"file", options_.path}, {"error", why.message()}});
  file_.reset();
  Drop();
  subjects_ = Subjects(options_.max_subjects);
  sqlite::SetAside(options_.path);
  return OpenFile();
}

void StatisticsStoreImpl::Drop() {
  dropped_disk_.fetch_add(counter_.entries());
  counter_.Clear();
}

void StatisticsStoreImpl::WaitForWrite(base::MonoTime until) {
  base::MutexLock lock(mutex_);
  const uint64_t mine = ++asked_;
  wake_.NotifyAll();
  while (done_ < mine) {
    if (until == base::MonoTime::max()) {
      written_.Wait(mutex_);
    } else if (!written_.WaitUntil(mutex_, until)) {
      return;
    }
  }
}

absl::StatusOr<Result> StatisticsStoreImpl::Read(const Query& query) {
  WaitForWrite(clock_.Mono() + kWaitForWrite);
  const uint64_t files = files_.load();
  if (std::exchange(reads_of_, files) != files) reader_.Close();
  absl::StatusOr<Result> result = reader_.Find(query);
  if (result.ok() || absl::IsOutOfRange(result.status())) return result;
  reader_.Close();
  if (absl::IsDataLoss(result.status()) && files == files_.load()) found_damaged_.store(true);
  return absl::UnavailableError(result.status().message());
}

void StatisticsStoreImpl::Find(Query query, absl::AnyInvocable<void(absl::StatusOr<Result>)> done) {
  if (waiting_.fetch_add(1) >= options_.max_waiting) {
    waiting_.fetch_sub(1);
    return done(absl::ResourceExhaustedError("too many queries of the statistics wait"));
  }
  auto task = std::make_shared<std::pair<Query, absl::AnyInvocable<void(absl::StatusOr<Result>)>>>(
      std::move(query), std::move(done));
  const bool posted = query_worker_.Post([this, task] {
    waiting_.fetch_sub(1);
    if (closed_.load()) return task->second(absl::CancelledError("the statistics are closed"));
    task->second(Read(task->first));
  });
  if (posted) return;
  waiting_.fetch_sub(1);
  task->second(absl::CancelledError("the statistics are closed"));
}

Figures StatisticsStoreImpl::figures() const {
  return {.counted = counted_.load(),
          .dropped_queue = queue_.dropped(),
          .dropped_disk = dropped_disk_.load(),
          .no_subject = no_subject_.load(),
          .subjects = subject_count_.load(),
          .bytes = bytes_.load(),
          .damaged = damaged_.load(),
          .failing = failing_.load()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<StatisticsStore>> StatisticsStore::Open(Options options,
                                                                       const base::Clock& clock,
                                                                       log::Logger& logger) {
  auto store = std::make_unique<StatisticsStoreImpl>(std::move(options), clock, logger);
  absl::Status status = store->OpenFile();
  if (absl::IsDataLoss(status)) status = store->MakeAnew(status);
  if (!status.ok()) return status;
  store->Start();
  return std::unique_ptr<StatisticsStore>(std::move(store));
}

}  // namespace carillon::statistics
