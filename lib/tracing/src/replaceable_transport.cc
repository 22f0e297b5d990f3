#include <memory>
#include <utility>

#include "carillon/base/mutex.h"
#include "carillon/tracing/transport.h"

namespace carillon::tracing {
namespace {

class ReplaceableTransportImpl final : public ReplaceableTransport {
 public:
  explicit ReplaceableTransportImpl(std::unique_ptr<SpanTransport> first)
      : current_(std::move(first)) {}

  Sent Send(const std::string& request, std::chrono::milliseconds timeout) override {
    return Current()->Send(request, timeout);
  }

  void Cancel() override {
    const base::MutexLock lock(mutex_);
    cancelled_ = true;
    current_->Cancel();
    if (next_ != nullptr) next_->Cancel();
  }

  void Replace(std::unique_ptr<SpanTransport> next) override {
    {
      const base::MutexLock lock(mutex_);
      if (cancelled_) next->Cancel();
      next_.swap(next);
    }
    // One that never sent anything ends here, outside of the lock.
  }

 private:
  /// On the thread that sends, so that nothing is under way on the one that ends here.
  SpanTransport* Current() {
    std::unique_ptr<SpanTransport> old;
    const base::MutexLock lock(mutex_);
    if (next_ != nullptr) old = std::exchange(current_, std::move(next_));
    return current_.get();
  }

  base::Mutex mutex_;
  std::unique_ptr<SpanTransport> current_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<SpanTransport> next_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<ReplaceableTransport> ReplaceableTransport::Create(
    std::unique_ptr<SpanTransport> first) {
  return std::make_unique<ReplaceableTransportImpl>(std::move(first));
}

}  // namespace carillon::tracing
