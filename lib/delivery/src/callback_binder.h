#pragma once

#include <memory>
#include <utility>

#include "carillon/delivery/dispatcher.h"

namespace carillon::delivery {

/// Binds callbacks of the journal to the dispatcher's thread, and drops those that come when
/// the dispatcher is gone. Made and destroyed on that thread; what `Bind` returns may be called
/// on any.
class CallbackBinder {
 public:
  explicit CallbackBinder(std::shared_ptr<Executor> executor) : executor_(std::move(executor)) {}

  void Post(absl::AnyInvocable<void()> task) const { executor_->Post(Guard(std::move(task))); }

  /// A callback that takes `Args` and runs `task` with them there.
  template <typename... Args, typename Task>
  auto Bind(Task task) const {
    return [executor = executor_, alive = std::weak_ptr<const bool>(alive_),
            task = std::move(task)](Args... args) mutable {
      executor->Post(
          [alive = std::move(alive), task = std::move(task), ... args = std::move(args)]() mutable {
            if (!alive.expired()) task(std::move(args)...);
          });
    };
  }

 private:
  absl::AnyInvocable<void()> Guard(absl::AnyInvocable<void()> task) const {
    return [alive = std::weak_ptr<const bool>(alive_), task = std::move(task)]() mutable {
      if (!alive.expired()) task();
    };
  }

  const std::shared_ptr<Executor> executor_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace carillon::delivery
