#pragma once

#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/base/mutex.h"

namespace carillon::base {

/// A thread that runs what is posted to it, in order. What it holds is bounded by those who post.
class Worker {
 public:
  /// `name`: of the thread, at most 15 characters.
  explicit Worker(const char* name);
  ~Worker() { Stop(); }

  /// Any thread. False, and nothing happens, after `Stop`.
  bool Post(absl::AnyInvocable<void()> task);
  /// Runs what was posted, then ends the thread. Any other thread; again: nothing happens.
  void Stop();

 private:
  void Run();

  Mutex mutex_;
  CondVar wake_;
  std::vector<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

/// Names the calling thread, for debuggers and `top -H`.
void NameThread(const char* name);

}  // namespace carillon::base
