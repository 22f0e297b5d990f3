#include "carillon/notices/notice_store.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "carillon/base/mutex.h"
#include "carillon/base/text.h"
#include "carillon/base/worker.h"
#include "carillon/sqlite/kept_file.h"
#include "notice_file.h"
#include "pending_notices.h"

namespace carillon::notices {
namespace {

/// Makes it UTF-8 of Notice::kMaxText bytes at most, without half a character at its end: a path
/// may have any bytes, and an answer that is not UTF-8 cannot be read.
void MakeFit(std::string& text) {
  if (text.size() > Notice::kMaxText) {
    size_t end = Notice::kMaxText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  while (const auto invalid = base::FindInvalidUtf8(text)) text[*invalid] = '?';
}

class NoticeStoreImpl final : public NoticeStore {
 public:
  NoticeStoreImpl(Options options, const base::Clock& clock, log::Logger& logger)
      : options_(std::move(options)),
        clock_(clock),
        logger_(logger),
        pending_(options_.max_pending) {}
  ~NoticeStoreImpl() override;

  /// Before anything else; a damaged file is set aside.
  absl::Status Begin();

  void Add(Notice notice) override;
  absl::StatusOr<std::vector<Kept>> Read(int64_t below, size_t limit,
                                         const std::string& tenant) override;
  uint64_t dropped() const override { return dropped_.load(); }

 private:
  void Run();
  absl::Status OpenFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  absl::Status OpenAnew(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  /// What is pending is written, or is left out.
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  absl::Status WriteAll(const std::vector<Notice>& notices)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  void OnFailed(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);

  const Options options_;
  const base::Clock& clock_;
  log::Logger& logger_;

  base::Mutex mutex_;  // held for moments: delivery threads take it
  base::CondVar wake_;
  PendingNotices pending_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  base::Mutex file_mutex_;  // held while the file is written or read; taken before the other
  std::unique_ptr<NoticeFile> file_ ABSL_GUARDED_BY(file_mutex_);  // null: it could not be made
  base::MonoTime retry_at_ ABSL_GUARDED_BY(file_mutex_){};
  bool failing_ ABSL_GUARDED_BY(file_mutex_) = false;

  std::atomic<uint64_t> dropped_{0};
  std::thread thread_;
};

absl::Status NoticeStoreImpl::Begin() {
  {
    const base::MutexLock lock(file_mutex_);
    absl::Status status = OpenFile();
    if (absl::IsDataLoss(status)) status = OpenAnew(status);
    if (!status.ok()) return status;
  }
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

NoticeStoreImpl::~NoticeStoreImpl() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void NoticeStoreImpl::Add(Notice notice) {
  MakeFit(notice.text);
  const base::MutexLock lock(mutex_);
  const bool first = pending_.empty();
  if (!pending_.Add(std::move(notice))) dropped_.fetch_add(1);
  if (first || pending_.IsHalfFull()) wake_.NotifyAll();
}

void NoticeStoreImpl::Run() {
  base::NameThread("notices");
  for (bool stop = false; !stop;) {
    {
      base::MutexLock lock(mutex_);
      while (!stopping_ && pending_.empty()) wake_.Wait(mutex_);
      // More may come: they are written together, before there is no room.
      const base::MonoTime until = clock_.Mono() + options_.write_every;
      while (!stopping_ && !pending_.IsHalfFull() && wake_.WaitUntil(mutex_, until)) {
      }
      stop = stopping_;
    }
    const base::MutexLock lock(file_mutex_);
    Write();
  }
}

void NoticeStoreImpl::Write() {
  std::vector<Notice> notices;
  {
    const base::MutexLock lock(mutex_);
    notices = pending_.Take();
  }
  if (notices.empty()) return;
  absl::Status status = absl::UnavailableError("it failed a moment ago");
  if (!failing_ || clock_.Mono() >= retry_at_) {
    status = WriteAll(notices);
    if (absl::IsDataLoss(status) && OpenAnew(status).ok()) status = WriteAll(notices);
    if (!status.ok()) OnFailed(status);
  }
  if (!status.ok()) {
    dropped_.fetch_add(notices.size());
  } else if (std::exchange(failing_, false)) {
    logger_.Info("notices are written again", {{"dropped", dropped_.load()}});
  }
}

absl::Status NoticeStoreImpl::WriteAll(const std::vector<Notice>& notices) {
  if (file_ == nullptr) {
    if (absl::Status status = OpenFile(); !status.ok()) return status;
  }
  if (sqlite::FreeBytesBeside(options_.path) < options_.min_free_bytes) {
    return absl::ResourceExhaustedError("the disk is nearly full");
  }
  return file_->Add(notices, clock_.Wall());
}

absl::Status NoticeStoreImpl::OpenFile() {
  absl::StatusOr<std::unique_ptr<NoticeFile>> file = NoticeFile::Open(options_);
  if (file.ok()) file_ = *std::move(file);
  return file.status();
}

absl::Status NoticeStoreImpl::OpenAnew(const absl::Status& why) {
  logger_.Error("the file of the notices is damaged and set aside: a new one is begun",
                {{"file", options_.path}, {"error", why.message()}});
  file_.reset();
  sqlite::SetAside(options_.path);
  return OpenFile();
}

void NoticeStoreImpl::OnFailed(const absl::Status& why) {
  retry_at_ = clock_.Mono() + options_.retry_after;
  if (std::exchange(failing_, true)) return;
  logger_.Error("notices cannot be written", {{"error", why.message()}});
}

absl::StatusOr<std::vector<NoticeStore::Kept>> NoticeStoreImpl::Read(int64_t below, size_t limit,
                                                                     const std::string& tenant) {
  const base::MutexLock lock(file_mutex_);
  if (below == kNewest) Write();
  if (file_ == nullptr) return absl::UnavailableError("there is no file");
  absl::StatusOr<std::vector<Kept>> found = file_->Read(below, limit, tenant, clock_.Wall());
  if (absl::IsDataLoss(found.status()) && OpenAnew(found.status()).ok()) {
    return std::vector<Kept>();
  }
  if (!found.ok()) return absl::UnavailableError(found.status().message());
  return found;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NoticeStore>> NoticeStore::Open(Options options,
                                                               const base::Clock& clock,
                                                               log::Logger& logger) {
  auto store = std::make_unique<NoticeStoreImpl>(std::move(options), clock, logger);
  if (absl::Status status = store->Begin(); !status.ok()) return status;
  return std::unique_ptr<NoticeStore>(std::move(store));
}

}  // namespace carillon::notices
