#include "carillon/callqueue/call_queue.h"

#include <pthread.h>

#include "carillon/base/short_slices.h"

namespace carillon::callqueue {

std::unique_ptr<CallQueue> CallQueue::MakeQuiet() {
  grpc_completion_queue_attributes attributes{};
  attributes.version = GRPC_CQ_CURRENT_VERSION;
  attributes.cq_completion_type = GRPC_CQ_NEXT;
  attributes.cq_polling_type = GRPC_CQ_NON_POLLING;
  auto queue = std::make_unique<grpc::CompletionQueue>(grpc_completion_queue_create(
      grpc_completion_queue_factory_lookup(&attributes), &attributes, nullptr));
  return std::unique_ptr<CallQueue>(new CallQueue(nullptr, std::move(queue)));
}

CallQueue::~CallQueue() {
  Stop();
  queue_->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
  }
}

void CallQueue::Start(const char* name) {
  thread_ = std::thread([this, name] {
    pthread_setname_np(pthread_self(), name);
    base::AskForShortSlices();  // callers wait for it
    Run();
  });
}

void CallQueue::Post(absl::AnyInvocable<void()> task) {
  {
    const base::MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (woken_ || !waiting_) return;
    woken_ = true;
  }
  alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), nullptr);
}

void CallQueue::Stop() {
  if (!thread_.joinable()) return;
  Post([this] { stopping_ = true; });
  thread_.join();
}

void CallQueue::Run() {
  while (true) {
    if (RunTasks()) continue;
    if (Finished()) return;
    if (!RunOne()) return;
  }
}

bool CallQueue::RunTasks() {
  {
    const base::MutexLock lock(mutex_);
    taken_.swap(tasks_);
    waiting_ = taken_.empty();
  }
  if (taken_.empty()) return false;
  for (absl::AnyInvocable<void()>& task : taken_) task();
  taken_.clear();
  return true;
}

bool CallQueue::RunOne() {
  void* tag = nullptr;
  bool ok = false;
  if (!queue_->Next(&tag, &ok)) return false;
  waiting_ = false;
  if (tag != nullptr) {
    static_cast<Tag*>(tag)->Done(ok);
  } else {
    const base::MutexLock lock(mutex_);
    woken_ = false;
  }
  return true;
}

bool CallQueue::Finished() {
  if (!stopping_ || calls_.load(std::memory_order_relaxed) > 0) return false;
  const base::MutexLock lock(mutex_);
  return !woken_;  // whoever woke the thread may still be at it
}

}  // namespace carillon::callqueue
