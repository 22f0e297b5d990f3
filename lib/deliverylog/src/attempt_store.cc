#include "carillon/deliverylog/attempt_store.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/short_slices.h"
#include "carillon/base/text.h"
#include "carillon/base/worker.h"
#include "codec.h"
#include "hand_over.h"
#include "query_runner.h"
#include "segment_catalog.h"
#include "segment_writer.h"

namespace carillon::deliverylog {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kRetentionEvery{1000};
// Entries of one transaction.
constexpr size_t kMaxAppend = 8192;
// Damaged segments that are left for whoever wants to look at them.
constexpr size_t kMaxSetAside = 4;

std::string PathOf(const std::string& folder, uint64_t first) {
  char name[40];
  std::snprintf(name, sizeof(name), "/segment-%020" PRIu64 ".db", first);
  return folder + name;
}

uint64_t FreeBytes(const std::string& folder) {
  struct statvfs info{};
  if (statvfs(folder.c_str(), &info) != 0) return UINT64_MAX;
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

Options Bounded(Options options) {
  options.segment_bytes =
      std::min<size_t>(options.segment_bytes, std::max<uint64_t>(options.max_bytes / 8, 1 << 20));
  options.segment_age = std::clamp<seconds>(options.max_age / 8, seconds(60), options.segment_age);
  return options;
}

class AttemptStoreImpl final : public AttemptStore {
 public:
  AttemptStoreImpl(Options options, const base::Clock& clock, log::Logger& logger)
      : options_(Bounded(std::move(options))),
        clock_(clock),
        logger_(logger),
        handed_over_(options_.queue_bytes),
        reader_(catalog_, clock),
        query_worker_("log-query") {
    query_worker_.Post([] { base::AskForShortSlices(); });  // people wait for pages
  }
  ~AttemptStoreImpl() override;

  /// Before the threads begin.
  absl::Status Recover();
  void Start() {
    found_below_.store(next_);
    thread_ = std::thread([this] { Run(); });
  }

  void Add(uint32_t shard, const Entry& entry) override { handed_over_.Add(shard, entry); }
  void Find(Query query, absl::AnyInvocable<void(absl::StatusOr<Page>)> done) override;
  void AddAll(std::span<const Entry> entries, absl::AnyInvocable<void(absl::Status)> done) override;
  void Flush() override;
  LogFigures figures() const override;

 private:
  void RecoverSegment(const std::string& path);
  void TakeNamesOf(std::vector<std::string>& segments, std::vector<std::string>& bad) const;

  // On the log's thread:
  void Run();
  void WriteAll();
  /// Writes `entries_`, of which none is left.
  void Write();
  absl::Status WriteSome(const std::vector<RawEntry>& entries);
  absl::Status SealIfFull();
  void OnFailed(const absl::Status& why, size_t entries);
  void Retain();
  bool Overfull(const std::vector<SegmentEntry>& all, uint64_t bytes, bool short_of_space) const;

  void SetAside(uint64_t first, const absl::Status& why);

  /// Whoever waits until what was handed over is written.
  struct Waiter {
    uint64_t asked = 0;    // see asked_
    uint64_t dropped = 0;  // before
    absl::AnyInvocable<void(absl::Status)> done;
  };
  uint64_t Dropped() const { return handed_over_.dropped() + dropped_disk_.load(); }
  /// Answers those who asked up to `asked`.
  void TellWritten(uint64_t asked);

  const Options options_;
  const base::Clock& clock_;
  log::Logger& logger_;
  HandOver handed_over_;
  SegmentCatalog catalog_;

  // The log's thread, and whoever recovers before it begins.
  std::unique_ptr<SegmentWriter> writer_;
  uint64_t next_ = 0;  // sequence of the next row
  HandOver::Batches batches_;
  std::vector<RawEntry> entries_;  // of batches_, at most kMaxAppend; its memory is used again
  base::MonoTime retry_at_{};
  base::MonoTime retain_at_{};
  bool no_room_ = false;

  std::atomic<uint64_t> written_{0}, dropped_disk_{0}, freed_{0}, damaged_{0};
  std::atomic<bool> failing_{false};
  std::atomic<uint64_t> found_below_{0};         // sequences that can be found
  std::atomic<uint64_t> set_aside_{UINT64_MAX};  // the reader found it damaged

  base::Mutex mutex_;
  base::CondVar wake_, flushed_;
  uint64_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;

  QueryRunner reader_;  // on the worker
  std::atomic<size_t> waiting_{0};
  std::atomic<bool> closed_{false};
  base::Worker query_worker_;
};

AttemptStoreImpl::~AttemptStoreImpl() {
  closed_.store(true);
  query_worker_.Stop();
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  const base::MutexLock lock(mutex_);
  for (Waiter& waiter : waiters_) waiter.done(absl::CancelledError("the delivery log is closed"));
}

void AttemptStoreImpl::TakeNamesOf(std::vector<std::string>& segments,
                                   std::vector<std::string>& bad) const {
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator(options_.folder, error)) {
    const std::string path = each.path();
    if (each.path().filename().string().rfind("segment-", 0) != 0) continue;
    if (each.path().extension() == ".db") segments.push_back(path);
    if (each.path().extension() == ".bad") bad.push_back(path);
  }
  std::sort(segments.begin(), segments.end());
  std::sort(bad.begin(), bad.end());
}

absl::Status AttemptStoreImpl::Recover() {
  if (mkdir(options_.folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::PermissionDeniedError(absl::StrCat(options_.folder, ": ", std::strerror(errno)));
  }
  std::vector<std::string> segments, bad;
  TakeNamesOf(segments, bad);
  for (size_t i = 0; i + kMaxSetAside < bad.size(); ++i) RemoveFiles(bad[i]);
  for (const std::string& path : segments) RecoverSegment(path);
  return absl::OkStatus();
}

// Numbers of rows that may have been given out are not given out again.
void AttemptStoreImpl::RecoverSegment(const std::string& path) {
  if (writer_ != nullptr) {  // one that was not sealed lies before another: it gets its lists now
    const SegmentEntry before = writer_->Entry();
    absl::Status sealed = writer_->Seal();
    writer_.reset();
    absl::StatusOr<SegmentEntry> head = SegmentWriter::ReadHead(before.path);
    if (head.ok()) {
      catalog_.Put(*std::move(head));
    } else {
      SetAside(before.first, head.status());
    }
  }
  absl::StatusOr<SegmentEntry> head = SegmentWriter::ReadHead(path);
  absl::Status status = head.status();
  if (head.ok()) {
    next_ = std::max(next_, head->end());
    catalog_.Put(*std::move(head));
    return;
  }
  if (absl::IsFailedPrecondition(status)) {
    auto writer = SegmentWriter::Reopen(path, options_.segment_rows, clock_.Wall());
    status = writer.status();
    if (writer.ok()) {
      writer_ = *std::move(writer);
      SegmentEntry entry = writer_->Entry();
      next_ = std::max(next_, entry.end());
      catalog_.Put(std::move(entry));
      return;
    }
  }
  uint64_t first = 0;
  (void)std::sscanf(std::filesystem::path(path).filename().c_str(), "segment-%" SCNu64, &first);
  next_ = std::max(next_, first + options_.segment_rows);
  catalog_.Put({.path = path, .first = first});
  SetAside(first, status);
}

void AttemptStoreImpl::SetAside(uint64_t first, const absl::Status& why) {
  catalog_.SetAside(first);
  damaged_.fetch_add(1);
  logger_.Error("a segment of the delivery log is damaged and set aside: its attempts are missing",
                {{"first", first}, {"error", why.message()}});
}

void AttemptStoreImpl::Run() {
  base::NameThread("delivery-log");
  for (bool stop = false; !stop;) {
    uint64_t asked = 0;
    {
      base::MutexLock lock(mutex_);
      const auto until = clock_.Mono() + options_.write_every;
      while (!stopping_ && asked_ == done_) {
        if (!wake_.WaitUntil(mutex_, until)) break;
      }
      stop = stopping_;
      asked = asked_;
    }
    const uint64_t broken = set_aside_.exchange(UINT64_MAX);
    if (broken != UINT64_MAX && (writer_ == nullptr || writer_->Entry().first != broken)) {
      SetAside(broken, absl::DataLossError("a read found it damaged"));
    }
    WriteAll();
    bool flush = false;
    {
      const base::MutexLock lock(mutex_);
      flush = asked > done_;
    }
    if (flush || clock_.Mono() >= retain_at_) Retain();
    TellWritten(asked);
    const base::MutexLock lock(mutex_);
    done_ = std::max(done_, asked);
    flushed_.NotifyAll();
  }
}

void AttemptStoreImpl::WriteAll() {
  handed_over_.Take(batches_);
  for (const std::string& batch : batches_) {
    std::string_view rest = batch;
    for (RawEntry entry; !rest.empty() && TakeEntry(rest, entry);) {
      entries_.push_back(entry);
      if (entries_.size() == kMaxAppend) Write();
    }
  }
  if (!entries_.empty()) Write();
  const absl::Status sealed = SealIfFull();
  if (!sealed.ok()) OnFailed(sealed, 0);
}

void AttemptStoreImpl::Write() {
  absl::Status status;
  const bool waits = failing_.load() && clock_.Mono() < retry_at_;
  if (no_room_ || waits) {
    dropped_disk_.fetch_add(entries_.size());
    failing_.store(true);
  } else if (status = WriteSome(entries_); !status.ok()) {
    OnFailed(status, entries_.size());
  } else if (failing_.exchange(false)) {
    logger_.Info("the delivery log is written again", {{"dropped", dropped_disk_.load()}});
  }
  entries_.clear();
}

absl::Status AttemptStoreImpl::WriteSome(const std::vector<RawEntry>& entries) {
  for (size_t at = 0; at < entries.size();) {
    absl::Status status = SealIfFull();
    if (!status.ok()) return status;
    if (writer_ == nullptr) {
      auto writer = SegmentWriter::Create(PathOf(options_.folder, next_), next_,
                                          options_.segment_rows, clock_.Wall());
      if (!writer.ok()) return writer.status();
      writer_ = *std::move(writer);
    }
    const size_t count = std::min(entries.size() - at, writer_->room());
    status = writer_->Append(std::span(entries).subspan(at, count));
    if (!status.ok()) {
      dropped_disk_.fetch_sub(at);  // these are written: all are counted by the caller
      return status;
    }
    at += count;
    next_ += count;
    written_.fetch_add(count);
    catalog_.Put(writer_->Entry());
    found_below_.store(next_);
  }
  return absl::OkStatus();
}

absl::Status AttemptStoreImpl::SealIfFull() {
  if (writer_ == nullptr || writer_->empty()) return absl::OkStatus();
  const bool old = clock_.Wall() - writer_->began() >= options_.segment_age;
  if (writer_->room() > 0 && writer_->bytes() < options_.segment_bytes && !old) {
    return absl::OkStatus();
  }
  absl::Status status = writer_->Seal();
  if (!status.ok()) return status;
  SegmentEntry sealed = writer_->Entry();
  sealed.tail = nullptr;
  writer_.reset();
  sealed.bytes = FileBytes(sealed.path);
  catalog_.Put(std::move(sealed));
  return absl::OkStatus();
}

void AttemptStoreImpl::OnFailed(const absl::Status& why, size_t entries) {
  dropped_disk_.fetch_add(entries);
  retry_at_ = clock_.Mono() + options_.retry_after;
  if (!failing_.exchange(true)) {
    logger_.Error("the delivery log cannot be written: attempts are left out of it",
                  {{"error", why.message()}});
  }
  if (!absl::IsDataLoss(why) || writer_ == nullptr) return;
  const uint64_t first = writer_->Entry().first;
  writer_.reset();
  SetAside(first, why);
}

bool AttemptStoreImpl::Overfull(const std::vector<SegmentEntry>& all, uint64_t bytes,
                                bool short_of_space) const {
  if (all.empty()) return false;
  const SegmentEntry& oldest = all.front();
  const bool too_old = !oldest.tail && oldest.newest < clock_.Wall() - options_.max_age;
  return too_old || (all.size() > 1 && (bytes > options_.max_bytes || short_of_space));
}

void AttemptStoreImpl::Retain() {
  retain_at_ = clock_.Mono() + kRetentionEvery;
  std::vector<SegmentEntry> all = catalog_.All();
  uint64_t bytes = 0;
  for (const SegmentEntry& each : all) bytes += each.bytes;
  bool short_of_space = FreeBytes(options_.folder) < options_.min_free_bytes;
  bool removed = false;
  while (Overfull(all, bytes, short_of_space)) {
    const uint64_t freed = catalog_.Remove(all.front().first);
    freed_.fetch_add(freed);
    bytes -= std::min(bytes, all.front().bytes);
    all.erase(all.begin());
    short_of_space = FreeBytes(options_.folder) < options_.min_free_bytes;
    removed = true;
  }
  if (removed) query_worker_.Post([this] { reader_.CloseGone(); });
  if (short_of_space && !no_room_) {
    logger_.Error("the delivery log is not written: the disk is nearly full",
                  {{"folder", options_.folder}, {"min_free_bytes", options_.min_free_bytes}});
  }
  no_room_ = short_of_space;
  if (no_room_) failing_.store(true);
}

void AttemptStoreImpl::Find(Query query, absl::AnyInvocable<void(absl::StatusOr<Page>)> done) {
  if (waiting_.fetch_add(1) >= options_.max_waiting) {
    waiting_.fetch_sub(1);
    done(absl::ResourceExhaustedError("too many queries of the delivery log wait: try again"));
    return;
  }
  query.limit = std::clamp<size_t>(query.limit, 1, Query::kMaxLimit);
  auto task = std::make_shared<std::pair<Query, absl::AnyInvocable<void(absl::StatusOr<Page>)>>>(
      std::move(query), std::move(done));
  const bool posted = query_worker_.Post([this, task] {
    waiting_.fetch_sub(1);
    if (closed_.load()) return task->second(absl::CancelledError("the delivery log is closed"));
    absl::StatusOr<Page> page = reader_.Find(task->first);
    if (const auto damaged = reader_.damaged()) {
      set_aside_.store(*damaged);
      page = absl::UnavailableError("a part of the delivery log is damaged and is set aside");
    }
    task->second(std::move(page));
  });
  if (posted) return;
  waiting_.fetch_sub(1);
  task->second(absl::CancelledError("the delivery log is closed"));
}

void AttemptStoreImpl::AddAll(std::span<const Entry> entries,
                              absl::AnyInvocable<void(absl::Status)> done) {
  const uint64_t dropped = Dropped();
  for (const Entry& entry : entries) Add(0, entry);
  const base::MutexLock lock(mutex_);
  waiters_.push_back({.asked = ++asked_, .dropped = dropped, .done = std::move(done)});
  wake_.NotifyAll();
}

void AttemptStoreImpl::TellWritten(uint64_t asked) {
  std::vector<Waiter> told;
  {
    const base::MutexLock lock(mutex_);
    const auto later = std::ranges::find_if(
        waiters_, [asked](const Waiter& waiter) { return waiter.asked > asked; });
    told.assign(std::make_move_iterator(waiters_.begin()), std::make_move_iterator(later));
    waiters_.erase(waiters_.begin(), later);
  }
  for (Waiter& waiter : told) {
    const bool whole = Dropped() == waiter.dropped;
    waiter.done(whole ? absl::OkStatus()
                      : absl::UnavailableError("the delivery log had no room for all"));
  }
}

void AttemptStoreImpl::Flush() {
  base::MutexLock lock(mutex_);
  const uint64_t mine = ++asked_;
  wake_.NotifyAll();
  while (done_ < mine) flushed_.Wait(mutex_);
}

LogFigures AttemptStoreImpl::figures() const {
  LogFigures figures{.written = written_.load(),
                     .dropped_queue = handed_over_.dropped(),
                     .dropped_disk = dropped_disk_.load(),
                     .freed_bytes = freed_.load(),
                     .damaged = damaged_.load(),
                     .next = found_below_.load(),
                     .failing = failing_.load()};
  for (const SegmentEntry& each : catalog_.All()) {
    ++figures.segments;
    figures.bytes += each.bytes;
    figures.rows += each.end() - each.first;
  }
  return figures;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AttemptStore>> AttemptStore::Open(Options options,
                                                                 const base::Clock& clock,
                                                                 log::Logger& logger) {
  auto log = std::make_unique<AttemptStoreImpl>(std::move(options), clock, logger);
  const absl::Status status = log->Recover();
  if (!status.ok()) return status;
  log->Start();
  return std::unique_ptr<AttemptStore>(std::move(log));
}

}  // namespace carillon::deliverylog
