#include "carillon/control/attempt_tails.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "attempt_tail.h"
#include "carillon/aip/error.h"
#include "carillon/base/mutex.h"
#include "carillon/base/worker.h"
#include "delivery_lookup.h"

namespace carillon::control {
namespace {

absl::Status TooManyTails(size_t most, const char* whose) {
  absl::Status status = aip::QuotaExceeded(
      v1::TOO_MANY_STREAMS, absl::StrCat(most, " streams of attempts are open ", whose, " already"),
      "streams");
  aip::AddRetry(status, std::chrono::seconds(5));
  return status;
}

absl::Status TailsStop() { return aip::MakeError(v1::STOPPING, "the service is stopping"); }

/// What is to be done on the thread of the streams. Shared with those who answer, who may do so
/// when all is over.
class Inbox {
 public:
  using Task = absl::AnyInvocable<void()>;

  void Post(Task task) {
    const base::MutexLock lock(mutex_);
    if (closed_) return;
    tasks_.push_back(std::move(task));
    wake_.NotifyAll();
  }
  std::vector<Task> Take() {
    const base::MutexLock lock(mutex_);
    return std::exchange(tasks_, {});
  }
  /// Until there is something, at most so long. False: it was closed.
  bool Wait(base::MonoTime until) {
    base::MutexLock lock(mutex_);
    while (!closed_ && tasks_.empty()) {
      if (!wake_.WaitUntil(mutex_, until)) break;
    }
    return !closed_;
  }
  void Close() {
    const base::MutexLock lock(mutex_);
    closed_ = true;
    wake_.NotifyAll();
  }

 private:
  base::Mutex mutex_;
  base::CondVar wake_;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

class AttemptTailsImpl final : public AttemptTails {
 public:
  AttemptTailsImpl(deliverylog::AttemptStore* log, const aip::PageTokens& tokens,
                   const base::Clock& clock)
      : clock_(clock), log_(log) {
    if (log == nullptr) return;
    context_.emplace(TailContext{
        *log, tokens, clock, [inbox = inbox_](Inbox::Task task) { inbox->Post(std::move(task)); }});
  }
  ~AttemptTailsImpl() override { Stop(); }

  void Begin(const v1::TailAttemptsRequest& request, const Caller& caller,
             std::unique_ptr<AnswerStream> stream) override {
    absl::StatusOr<AttemptTail::Request> read = Read(request, caller);
    if (!read.ok()) return stream->End(read.status());
    auto tail = std::make_shared<AttemptTail>(*context_, *std::move(read), std::move(stream));
    if (absl::Status status = Add(tail); !status.ok()) return tail->End(status);
    inbox_->Post([] {});  // it is looked after at once
  }

  void Look() override {
    for (Inbox::Task& task : inbox_->Take()) task();
    const uint64_t end = log_ == nullptr ? 0 : log_->figures().next;
    for (const TailPtr& tail : All()) tail->Look(end);
    const base::MutexLock lock(mutex_);
    std::erase_if(tails_, [](const TailPtr& tail) { return tail->ended(); });
  }

  void Start() override {
    thread_ = std::thread([this] {
      base::NameThread("tails");
      while (inbox_->Wait(clock_.Mono() + kLookEvery)) Look();
    });
  }

  void Stop() override {
    inbox_->Close();
    if (thread_.joinable()) thread_.join();
    std::vector<TailPtr> left;
    {
      const base::MutexLock lock(mutex_);
      stopped_ = true;
      left = std::exchange(tails_, {});
    }
    for (const TailPtr& tail : left) tail->End(TailsStop());
    inbox_->Take();
  }

 private:
  using TailPtr = std::shared_ptr<AttemptTail>;

  absl::StatusOr<AttemptTail::Request> Read(const v1::TailAttemptsRequest& request,
                                            const Caller& caller) const {
    if (log_ == nullptr) return DeliveryLogIsOff();
    auto query = AttemptQuery(request.parent(), request.filter(), caller);
    if (!query.ok()) return query.status();
    const uint64_t end = log_->figures().next;
    AttemptTail::Request tail{.parent = request.parent(),
                              .filter = request.filter(),
                              .query = *std::move(query),
                              .full = request.view() == v1::DELIVERY_VIEW_FULL,
                              .next = end,
                              .caller = caller};
    tail.caller.trail = nullptr;
    if (request.resume_token().empty()) return tail;
    const auto next = ReadResumeToken(*context_, request, caller);
    if (!next.ok()) return next.status();
    tail.next = std::min(*next, end);
    return tail;
  }

  absl::Status Add(const TailPtr& tail) {
    const base::MutexLock lock(mutex_);
    if (stopped_) return TailsStop();
    if (tails_.size() >= kMaxStreams) return TooManyTails(kMaxStreams, "in all");
    const auto own = std::ranges::count_if(
        tails_, [&](const TailPtr& each) { return each->principal() == tail->principal(); });
    if (static_cast<size_t>(own) >= kMaxOfPrincipal) {
      return TooManyTails(kMaxOfPrincipal, "by this principal");
    }
    tails_.push_back(tail);
    return absl::OkStatus();
  }
  std::vector<TailPtr> All() {
    const base::MutexLock lock(mutex_);
    return tails_;
  }

  const base::Clock& clock_;
  deliverylog::AttemptStore* const log_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::optional<TailContext> context_;  ///< with a log
  base::Mutex mutex_;
  std::vector<TailPtr> tails_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<AttemptTails> AttemptTails::Create(deliverylog::AttemptStore* log,
                                                   const aip::PageTokens& tokens,
                                                   const base::Clock& clock) {
  return std::make_unique<AttemptTailsImpl>(log, tokens, clock);
}

}  // namespace carillon::control
