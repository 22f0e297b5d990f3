#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/mutex.h"

namespace carillon::control {

/// An answer of the store that one waits for.
template <typename T>
class Awaited {
 public:
  absl::AnyInvocable<void(absl::StatusOr<T>)> callback() {
    return [state = state_](absl::StatusOr<T> result) {
      const base::MutexLock lock(state->mutex);
      state->result = std::move(result);
      state->wake.NotifyAll();
    };
  }
  absl::StatusOr<T> Wait() {
    const base::MutexLock lock(state_->mutex);
    while (!state_->result) state_->wake.Wait(state_->mutex);
    return *std::move(state_->result);
  }

 private:
  struct State {
    base::Mutex mutex;
    base::CondVar wake;
    std::optional<absl::StatusOr<T>> result ABSL_GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace carillon::control
