#include "carillon/admin/health.h"

#include <utility>

namespace carillon::admin {

void Health::SetReady() {
  Set({.ready = true, .failed = false, .reason = "", .stuck = "", .revision = 0});
}

void Health::SetNotReady(std::string reason) {
  Set({.ready = false, .failed = false, .reason = std::move(reason), .stuck = "", .revision = 0});
}

void Health::SetFailed(std::string reason) {
  Set({.ready = false, .failed = true, .reason = std::move(reason), .stuck = "", .revision = 0});
}

void Health::Set(State state) {
  const base::MutexLock lock(mutex_);
  if (state_.failed) return;
  state.stuck = std::move(state_.stuck);
  state.revision = state_.revision;
  state_ = std::move(state);
}

void Health::SetStuck(std::string what) {
  const base::MutexLock lock(mutex_);
  state_.stuck = std::move(what);
}

void Health::SetRevision(uint64_t revision) {
  const base::MutexLock lock(mutex_);
  state_.revision = revision;
}

Health::State Health::Get() const {
  const base::MutexLock lock(mutex_);
  return state_;
}

}  // namespace carillon::admin
