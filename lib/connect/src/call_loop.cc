#include "call_loop.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "absl/synchronization/notification.h"
#include "carillon/base/short_slices.h"

namespace carillon::connect {
namespace {

/// How much nicer this thread is than those of delivery, which go before it when the processors are
/// short. More of it, and a page that takes a millisecond waits for half a second.
constexpr int kNice = 2;

grpc_completion_queue* NonPollingQueue() {
  grpc_completion_queue_attributes attributes{};
  attributes.version = GRPC_CQ_CURRENT_VERSION;
  attributes.cq_completion_type = GRPC_CQ_NEXT;
  attributes.cq_polling_type = GRPC_CQ_NON_POLLING;
  return grpc_completion_queue_create(grpc_completion_queue_factory_lookup(&attributes),
                                      &attributes, nullptr);
}

using Step = absl::AnyInvocable<void(bool)>;

}  // namespace

CallLoop::CallLoop(std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)), stub_(channel_), queue_(NonPollingQueue()) {
  worker_.Post([] {
    const auto thread = static_cast<id_t>(gettid());
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNice);
    base::AskForShortSlices();  // callers wait for it
  });
  thread_ = std::thread([this] {
    base::NameThread("json-calls");
    base::AskForShortSlices();
    Run();
  });
}

void* CallLoop::Then(absl::AnyInvocable<void(bool)> then) { return new Step(std::move(then)); }

void CallLoop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    worker_.Post([step = std::unique_ptr<Step>(static_cast<Step*>(tag)), ok] { (*step)(ok); });
  }
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
  if (!thread_.joinable()) return;
  Refuse();
  absl::Notification stopped;
  worker_.Post([this, &stopped] {
    stopping_ = true;
    stopped.Notify();
  });
  stopped.WaitForNotification();
  {
    const base::MutexLock lock(mutex_);
    for (Call* const call : calls_) call->Cancel();
  }
  queue_.Shutdown();
  thread_.join();
  worker_.Stop();
}

}  // namespace carillon::connect
