#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "thread_host.h"

namespace carillon::engine {

/// Brings answers to the engine's thread, and drops those that come when their receiver is gone.
/// Used and destroyed on that thread, or when it has ended; what `Bind` returns may be called on
/// any, and does not keep the threads: it may itself wait in one of them, for its time to come.
class EngineCallbacks {
 public:
  explicit EngineCallbacks(const std::shared_ptr<ThreadHost>& host) : host_(host) {}

  /// A callback that takes `Args` and runs `task` with them there.
  template <typename... Args, typename Task>
  auto Bind(Task task) const {
    return [weak = host_, alive = std::weak_ptr<const bool>(alive_),
            task = std::move(task)](Args... args) mutable {
      const std::shared_ptr<ThreadHost> host = weak.lock();
      if (host == nullptr) return;  // an answer may come when the engine is gone
      host->Post(
          [alive = std::move(alive), task = std::move(task), ... args = std::move(args)]() mutable {
            if (!alive.expired()) task(std::move(args)...);
          });
    };
  }

  /// Asks `count` (more than none) for one answer each; `ask(which, answer)` is told how to give
  /// it, once, on any thread. `task(std::vector<Answer>)` when all are there.
  template <typename Answer, typename Ask, typename Task>
  void Gather(size_t count, Ask ask, Task task) const {
    struct Gathered {
      size_t left;
      std::vector<std::optional<Answer>> answers;
      Task task;
    };
    auto gathered = std::make_shared<Gathered>(
        Gathered{count, std::vector<std::optional<Answer>>(count), std::move(task)});
    for (size_t i = 0; i < count; ++i) {
      ask(i, Bind<Answer>([gathered, i](Answer answer) {
            gathered->answers[i] = std::move(answer);
            if (--gathered->left > 0) return;
            std::vector<Answer> all;
            for (std::optional<Answer>& one : gathered->answers) all.push_back(*std::move(one));
            gathered->task(std::move(all));
          }));
    }
  }

 private:
  const std::weak_ptr<ThreadHost> host_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace carillon::engine
