#include "carillon/admin/health.h"

#include <utility>

namespace carillon::admin {

void Health::SetReady() { Set({.ready = true, .failed = false, .reason = ""}); }

void Health::SetNotReady(std::string reason) {
  Set({.ready = false, .failed = false, .reason = std::move(reason)});
}

void Health::SetFailed(std::string reason) {
  Set({.ready = false, .failed = true, .reason = std::move(reason)});
}

void Health::Set(State state) {
  const std::lock_guard lock(mutex_);
  if (!state_.failed) state_ = std::move(state);
}

Health::State Health::Get() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace carillon::admin
