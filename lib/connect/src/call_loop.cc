#include "call_loop.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "absl/synchronization/notification.h"

namespace carillon::connect {
namespace {

/// How much nicer this thread is than those of delivery, which go before it when the processors are
/// short. More of it, and a page that takes a millisecond waits for half a second.
constexpr int kNice = 2;

}  // namespace

/// Tells the end of one operation, once.
class CallLoop::Operation final : public callqueue::CallQueue::Tag {
 public:
  Operation(CallLoop& loop, absl::AnyInvocable<void(bool)> then)
      : loop_(loop), then_(std::move(then)) {
    ++loop_.operations_;
  }
  void Done(bool ok) override {
    CallLoop& loop = loop_;
    {
      const std::unique_ptr<Operation> self(this);
      then_(ok);
    }
    --loop.operations_;
    loop.MaybeClose();
  }

 private:
  CallLoop& loop_;
  absl::AnyInvocable<void(bool)> then_;
};

CallLoop::CallLoop(std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)),
      stub_(channel_),
      presence_(std::make_unique<Presence>(*queue_)) {
  queue_->Post([] {
    const auto thread = static_cast<id_t>(gettid());
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNice);
  });
  queue_->Start("json");
}

bool CallLoop::Post(absl::AnyInvocable<void()> task) {
  const base::MutexLock lock(post_mutex_);
  if (presence_ == nullptr) return false;
  queue_->Post(std::move(task));
  return true;
}

void* CallLoop::Then(absl::AnyInvocable<void(bool)> then) {
  return (new Operation(*this, std::move(then)))->tag();
}

void CallLoop::MaybeClose() {
  if (!stopping_ || operations_ > 0) return;
  const base::MutexLock lock(post_mutex_);
  presence_.reset();
}

bool CallLoop::Create(absl::FunctionRef<void()> create) {
  const base::MutexLock lock(create_mutex_);
  if (refusing_) return false;
  create();
  return true;
}

void CallLoop::Refuse() {
  const base::MutexLock lock(create_mutex_);
  refusing_ = true;
}

void CallLoop::Enter(Call& call) {
  const base::MutexLock lock(mutex_);
  calls_.insert(&call);
}

void CallLoop::Leave(Call& call) {
  const base::MutexLock lock(mutex_);
  calls_.erase(&call);
}

void CallLoop::Stop() {
  if (std::exchange(stopped_, true)) return;
  Refuse();
  absl::Notification stopping;
  Post([this, &stopping] {
    stopping_ = true;
    stopping.Notify();
  });
  stopping.WaitForNotification();
  {
    const base::MutexLock lock(mutex_);
    for (Call* const call : calls_) call->Cancel();
  }
  Post([this] { MaybeClose(); });
  queue_->Stop();
}

}  // namespace carillon::connect
