#include "carillon/base/loop_watch.h"

#include <utility>

namespace carillon::base {

void LoopWatch::Add(std::string name, Ask ask) {
  const std::lock_guard lock(mutex_);
  loops_.push_back({std::move(name), std::move(ask), std::make_shared<Answer>(), {}});
}

bool LoopWatch::Owes(Loop& loop, MonoTime now) {
  {
    const std::lock_guard lock(loop.answer->mutex);
    if (std::exchange(loop.answer->owed, true)) return true;
  }
  loop.asked = now;
  loop.ask([answer = loop.answer] {
    const std::lock_guard lock(answer->mutex);
    answer->owed = false;
  });
  return false;
}

std::string LoopWatch::Look() {
  const std::lock_guard lock(mutex_);
  const MonoTime now = clock_.Mono();
  std::string stuck;
  for (Loop& loop : loops_) {
    if (!Owes(loop, now) || now - loop.asked < patience_ || !stuck.empty()) continue;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - loop.asked);
    stuck = "the event loop " + loop.name + " has been stuck for " +
            std::to_string(seconds.count()) + " s";
  }
  return stuck;
}

void LoopWatch::Stop() {
  const std::lock_guard lock(mutex_);
  loops_.clear();
}

}  // namespace carillon::base
