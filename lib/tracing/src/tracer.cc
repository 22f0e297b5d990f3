#include "carillon/tracing/tracer.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <thread>

#include "carillon/base/mutex.h"
#include "otlp.h"

namespace carillon::tracing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kTellInterval{1};

class TracerImpl final : public Tracer {
 public:
  TracerImpl(TracerOptions options, std::unique_ptr<SpanTransport> transport, log::Logger& logger)
      : options_(std::move(options)), transport_(std::move(transport)), logger_(logger) {
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "tracing");
      Run();
    });
  }

  ~TracerImpl() override {
    {
      const base::MutexLock lock(mutex_);
      ends_at_ = Clock::now() + options_.grace;
      ending_ = true;
    }
    wake_.NotifyAll();
    {
      const base::MutexLock lock(mutex_);
      while (!ended_ && ended_signal_.WaitUntil(mutex_, ends_at_)) {
      }
    }
    transport_->Cancel();
    thread_.join();
  }

  double sample_ratio() const override { return options_.sample_ratio; }

  void Record(Span span) override {
    bool full = false;
    {
      const base::MutexLock lock(mutex_);
      if (queue_.size() + sending_ >= options_.max_queue) {
        ++stats_.dropped;
        return;
      }
      queue_.push_back(std::move(span));
      full = queue_.size() == options_.max_batch;
    }
    if (full) wake_.NotifyOne();
  }

  Stats stats() const override {
    const base::MutexLock lock(mutex_);
    return stats_;
  }

 private:
  void Run() {
    base::MutexLock lock(mutex_);
    for (;;) {
      const Clock::time_point next = Clock::now() + options_.interval;
      while (!ending_ && queue_.size() < options_.max_batch && wake_.WaitUntil(mutex_, next)) {
      }
      if (queue_.empty() && ending_) break;
      if (queue_.empty()) continue;
      std::vector<Span> spans;
      spans.swap(queue_);
      sending_ = spans.size();
      lock.Unlock();
      for (size_t at = 0; at < spans.size(); at += options_.max_batch) {
        Export(std::span(spans).subspan(at, std::min(options_.max_batch, spans.size() - at)));
      }
      spans.clear();
      lock.Lock();
    }
    ended_ = true;
    ended_signal_.NotifyAll();
  }

  void Export(std::span<const Span> spans) {
    const Sent sent = SendAgainAndAgain(EncodeSpans(spans, options_));
    const uint64_t rejected =
        sent.status.ok() ? std::min<uint64_t>(sent.rejected, spans.size()) : spans.size();
    {
      const base::MutexLock lock(mutex_);
      sending_ -= spans.size();
      (sent.status.ok() || !sent.retry ? stats_.rejected : stats_.dropped) += rejected;
      stats_.exported += spans.size() - rejected;
    }
    if (rejected == 0) return;
    logger_.Limited("tracing", kTellInterval)
        .Warn("spans are lost: the collector did not take them",
              {{"spans", rejected}, {"error", sent.status.message()}});
  }

  Sent SendAgainAndAgain(const std::string& request) {
    std::chrono::milliseconds pause = options_.backoff;
    for (int attempt = 1;; ++attempt, pause *= 2) {
      Sent sent = SendOnce(request);
      if (sent.status.ok() || !sent.retry || attempt >= options_.attempts) return sent;
      const Clock::time_point next = Clock::now() + pause;
      const base::MutexLock lock(mutex_);
      while (!ending_ && wake_.WaitUntil(mutex_, next)) {
      }
      if (ending_) return sent;  // there is no time for another attempt
    }
  }

  Sent SendOnce(const std::string& request) {
    std::chrono::milliseconds timeout = options_.timeout;
    {
      const base::MutexLock lock(mutex_);
      if (ending_) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(ends_at_ - Clock::now());
        timeout = std::min(timeout, left);
      }
    }
    if (timeout.count() <= 0) return {absl::DeadlineExceededError("the process ends"), true, 0};
    try {
      return transport_->Send(request, timeout);
    } catch (const std::exception& error) {
      return {absl::UnavailableError(error.what()), true, 0};
    }
  }

  const TracerOptions options_;
  const std::unique_ptr<SpanTransport> transport_;
  log::Logger& logger_;
  mutable base::Mutex mutex_;
  base::CondVar wake_;
  base::CondVar ended_signal_;
  std::vector<Span> queue_ ABSL_GUARDED_BY(mutex_);
  size_t sending_ ABSL_GUARDED_BY(mutex_) = 0;  // taken from the queue, and not sent yet
  Stats stats_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Clock::time_point ends_at_ ABSL_GUARDED_BY(mutex_){};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Tracer> Tracer::Start(TracerOptions options,
                                      std::unique_ptr<SpanTransport> transport,
                                      log::Logger& logger) {
  return std::make_unique<TracerImpl>(std::move(options), std::move(transport), logger);
}

}  // namespace carillon::tracing
