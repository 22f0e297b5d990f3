#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::engine {

/// What several threads are asked and each answers once, to be waited for together. Shared with
/// those who answer: an answer may come when nobody waits any more. Thread-safe.
class Awaited {
 public:
  explicit Awaited(size_t count) : left_(count) {}
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;

  bool complete() const {
    const base::MutexLock lock(mutex_);
    return left_ == 0;
  }
  /// Blocks until all answers are there, or until then by the steady clock (MonoTime::max(): for as
  /// long as it takes). Returns `complete`.
  bool WaitUntil(base::MonoTime until) {
    const base::MutexLock lock(mutex_);
    while (left_ > 0) {
      if (until == base::MonoTime::max()) {
        changed_.Wait(mutex_);
      } else if (!changed_.WaitUntil(mutex_, until)) {
        break;
      }
    }
    return left_ == 0;
  }

 protected:
  void OneLess() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    --left_;
    changed_.NotifyAll();  // under the lock: who waits may end this object
  }

  mutable base::Mutex mutex_;

 private:
  base::CondVar changed_;
  size_t left_ ABSL_GUARDED_BY(mutex_);
};

template <typename Answer>
class Answers final : public Awaited {
 public:
  explicit Answers(size_t count) : Awaited(count), answers_(count) {}

  /// The answer of one of them, once.
  void Set(size_t which, Answer answer) {
    const base::MutexLock lock(mutex_);
    answers_[which] = std::move(answer);
    OneLess();
  }
  /// Returns the answer of one of them, or nullopt when it has not come yet.
  std::optional<Answer> Get(size_t which) const {
    const base::MutexLock lock(mutex_);
    return answers_[which];
  }

 private:
  std::vector<std::optional<Answer>> answers_ ABSL_GUARDED_BY(mutex_);
};

/// An answer that says only that it is done.
struct Done {};

}  // namespace carillon::engine
