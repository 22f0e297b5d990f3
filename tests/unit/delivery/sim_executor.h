#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "carillon/base/clock.h"
#include "carillon/base/random.h"
#include "carillon/delivery/dispatcher.h"

namespace carillon::delivery {

/// Everything that will happen, in order of simulated time. Also the dispatcher's Executor.
class SimExecutor final : public Executor {
 public:
  SimExecutor(base::SimulatedClock& clock, base::Random& random) : clock_(clock), random_(random) {}

  void SetDispatcher(Dispatcher* dispatcher) {
    dispatcher_ = dispatcher;
    wake_.reset();
  }
  void Post(absl::AnyInvocable<void()> task) override { At(clock_.Mono(), std::move(task)); }
  void WakeAt(base::MonoTime at) override { wake_ = std::max(at, clock_.Mono()); }

  void At(base::MonoTime at, absl::AnyInvocable<void()> task) {
    tasks_.emplace(std::pair(at, ++sequence_), std::move(task));
  }
  /// After a random time of up to `most`.
  void Soon(std::chrono::microseconds most, absl::AnyInvocable<void()> task) {
    const auto wait = std::chrono::microseconds(random_.Next() % (most.count() + 1));
    At(clock_.Mono() + wait, std::move(task));
  }

  /// Does what comes next; false: there is nothing.
  bool Step() {
    const bool task_first = !tasks_.empty() && (!wake_ || tasks_.begin()->first.first <= *wake_);
    if (!task_first && !wake_) return false;
    const base::MonoTime at = task_first ? tasks_.begin()->first.first : *wake_;
    if (at > clock_.Mono()) {
      clock_.Advance(at - clock_.Mono());
      steps_ = 0;
    }
    if (++steps_ > 100'000) {
      ADD_FAILURE() << "spins without time going on";
      return false;
    }
    if (task_first) {
      auto task = std::move(tasks_.begin()->second);
      tasks_.erase(tasks_.begin());
      task();
    } else {
      wake_.reset();
      dispatcher_->OnTimer();
    }
    return true;
  }

  /// The process died: nothing of it happens any more.
  void Clear() {
    tasks_.clear();
    wake_.reset();
    dispatcher_ = nullptr;
  }

 private:
  base::SimulatedClock& clock_;
  base::Random& random_;
  Dispatcher* dispatcher_ = nullptr;
  std::map<std::pair<base::MonoTime, uint64_t>, absl::AnyInvocable<void()>> tasks_;
  uint64_t sequence_ = 0;
  uint64_t steps_ = 0;  // since time last went on
  std::optional<base::MonoTime> wake_;
};

}  // namespace carillon::delivery
