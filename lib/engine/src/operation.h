#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "carillon/base/mutex.h"
#include "thread_host.h"

namespace carillon::engine {

/// Something that takes the engine several steps, with answers of its threads between them. Used on
/// the engine's thread, or, when that has ended, by who ended it.
class Operation {
 public:
  virtual ~Operation() = default;
  /// The first step. `end`, once: it is over, and whoever waits for it was told.
  virtual void Begin(absl::AnyInvocable<void()> end) = 0;
  /// The engine stops, maybe before it began: tells whoever waits for it. It is destroyed after
  /// that, and what was asked is answered to nobody.
  virtual void Cancel() = 0;
};

/// What the engine does: one operation after another, in the order in which they were added. How
/// many wait is bounded by who adds them.
class Operations {
 public:
  /// `host` outlives it.
  explicit Operations(ThreadHost& host) : host_(host) {}

  /// Any thread.
  void Add(std::unique_ptr<Operation> operation) {
    {
      const base::MutexLock lock(mutex_);
      if (!stopped_) waiting_.push_back(std::exchange(operation, nullptr));
    }
    if (operation != nullptr) return operation->Cancel();
    host_.Post([this] { BeginNext(); });
  }

  /// On the engine's thread, or when that has ended. Cancels the one under way, those that wait,
  /// and whatever is added later. Not to be called by an operation.
  void Stop() {
    std::deque<std::unique_ptr<Operation>> waiting;
    {
      const base::MutexLock lock(mutex_);
      stopped_ = true;
      waiting.swap(waiting_);
    }
    if (current_ != nullptr) current_->Cancel();
    current_.reset();
    for (const auto& operation : waiting) operation->Cancel();
  }

 private:
  std::unique_ptr<Operation> TakeNext() {
    const base::MutexLock lock(mutex_);
    if (waiting_.empty()) return nullptr;
    std::unique_ptr<Operation> next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

  void BeginNext() {
    if (current_ != nullptr) return;
    current_ = TakeNext();
    if (current_ == nullptr) return;
    // Posted: an operation that ends is not destroyed by its own call.
    current_->Begin([this] {
      host_.Post([this] {
        current_.reset();
        BeginNext();
      });
    });
  }

  ThreadHost& host_;
  std::unique_ptr<Operation> current_;  // engine's thread
  base::Mutex mutex_;
  std::deque<std::unique_ptr<Operation>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace carillon::engine
