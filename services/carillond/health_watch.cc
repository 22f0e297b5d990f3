#include "health_watch.h"

#include <utility>

namespace carillon::server {
namespace {

constexpr char kNoRoom[] = "journal refuses publishing for want of space";

}  // namespace

void HealthWatch::Begin(bool accepting, Serve serve) {
  const base::MutexLock lock(mutex_);
  phase_ = Phase::kServing;
  serve_ = std::move(serve);
  Set(accepting ? "" : kNoRoom);
}

void HealthWatch::Stop() {
  const base::MutexLock lock(mutex_);
  phase_ = Phase::kStopping;
  Set("stopping");
}

bool HealthWatch::stopping() const {
  const base::MutexLock lock(mutex_);
  return phase_ == Phase::kStopping;
}

void HealthWatch::Look(const Stores& stores) {
  Follow(stores);
  holders_.Look(stores.kept, clock_.Mono());
  LookAtLoops();
}

// With the lock to the end: else what was seen before `Stop` would make it ready after.
void HealthWatch::Follow(const Stores& stores) {
  const base::MutexLock lock(mutex_);
  if (phase_ != Phase::kServing) return;
  if (stores.accepting != serves_) Set(stores.accepting ? "" : kNoRoom);
  if (stores.accepting == accepting_) return;
  accepting_ = stores.accepting;
  const bool held = !stores.kept.holders.empty();
  logger_.Warn(accepting_ ? "publishing is accepted again: there is disk space"
                          : "publishing is refused: free disk space is under its mark",
               {{"free_bytes", stores.free_bytes},
                {"most_kept_for", held ? NameOf(stores.kept.holders.front()) : ""},
                {"kept_bytes", held ? stores.kept.holders.front().bytes : 0}});
}

void HealthWatch::LookAtLoops() {
  std::string stuck = loops_.Look();
  if (stuck.empty() == stuck_) {
    stuck_ = !stuck_;
    if (stuck_) {
      logger_.Error("an event loop is stuck", {{"what", stuck}});
    } else {
      logger_.Info("every event loop goes round again");
    }
  }
  health_.SetStuck(std::move(stuck));
}

void HealthWatch::Set(const std::string& why) {
  serves_ = why.empty();
  if (why.empty()) {
    health_.SetReady();
  } else {
    health_.SetNotReady(why);
  }
  if (serve_ != nullptr) serve_(why.empty());
}

}  // namespace carillon::server
