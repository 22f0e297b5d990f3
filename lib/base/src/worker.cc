#include "carillon/base/worker.h"

#include <pthread.h>

#include <utility>

namespace carillon::base {

void NameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

Worker::Worker(const char* name) {
  thread_ = std::thread([this, name] {
    NameThread(name);
    Run();
  });
}

bool Worker::Post(absl::AnyInvocable<void()> task) {
  {
    const MutexLock lock(mutex_);
    if (stopping_) return false;
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return true;  // the thread is awake, or was woken for the first
  }
  wake_.NotifyOne();
  return true;
}

void Worker::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

void Worker::Run() {
  std::vector<absl::AnyInvocable<void()>> taken;
  MutexLock lock(mutex_);
  while (true) {
    while (!stopping_ && tasks_.empty()) wake_.Wait(mutex_);
    if (tasks_.empty()) return;
    taken.swap(tasks_);
    lock.Unlock();
    for (absl::AnyInvocable<void()>& task : taken) task();
    taken.clear();
    lock.Lock();
  }
}

}  // namespace carillon::base
