#include "call_queue.h"

#include <pthread.h>

#include "carillon/base/short_slices.h"
#include "socket_functions.h"

namespace carillon::rpc {

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
    base::AskForShortSlices();  // publishers wait for it
    PublishersAreReadHere();
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
  if (!stopping_ || calls_ > 0) return false;
  const base::MutexLock lock(mutex_);
  return !woken_;  // whoever woke the thread may still be at it
}

}  // namespace carillon::rpc
