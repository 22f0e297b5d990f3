#include "carillon/admin/health.h"

#include <utility>

namespace carillon::admin {

void Health::SetReady() { Set({.ready = true, .failed = false, .reason = "", .stuck = ""}); }

void Health::SetNotReady(std::string reason) {
  Set({.ready = false, .failed = false, .reason = std::move(reason), .stuck = ""});
}

void Health::SetFailed(std::string reason) {
  Set({.ready = false, .failed = true, .reason = std::move(reason), .stuck = ""});
}

void Health::Set(State state) {
  const base::MutexLock lock(mutex_);
  if (state_.failed) return;
  state.stuck = std::move(state_.stuck);
  state_ = std::move(state);
}

void Health::SetStuck(std::string what) {
  const base::MutexLock lock(mutex_);
  state_.stuck = std::move(what);
}

Health::State Health::Get() const {
  const base::MutexLock lock(mutex_);
  return state_;
}

}  // namespace carillon::admin
