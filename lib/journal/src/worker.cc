#include "worker.h"

#include <pthread.h>

#include <utility>

namespace carillon::journal {

void NameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

Worker::Worker(const char* name) {
  thread_ = std::thread([this, name] {
    NameThread(name);
    Run();
  });
}

bool Worker::Post(absl::AnyInvocable<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return true;  // the thread is awake, or was woken for the first
  }
  wake_.notify_one();
  return true;
}

void Worker::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Worker::Run() {
  std::vector<absl::AnyInvocable<void()>> taken;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    taken.swap(tasks_);
    lock.unlock();
    for (absl::AnyInvocable<void()>& task : taken) task();
    taken.clear();
    lock.lock();
  }
}

}  // namespace carillon::journal
