#include "carillon/base/loop_watch.h"

#include <utility>

namespace carillon::base {

void LoopWatch::Add(std::string name, Ask ask) {
  const base::MutexLock lock(mutex_);
  loops_.push_back({std::move(name), std::move(ask), std::make_shared<Answer>(), {}});
}

bool LoopWatch::Owes(Loop& loop, MonoTime now) {
  {
    Answer& answer = *loop.answer;
    const base::MutexLock lock(answer.mutex);
    if (std::exchange(answer.owed, true)) return true;
  }
  loop.asked = now;
  loop.ask([owed = loop.answer] {
    Answer& answer = *owed;
    const base::MutexLock lock(answer.mutex);
    answer.owed = false;
  });
  return false;
}

std::string LoopWatch::Look() {
  const base::MutexLock lock(mutex_);
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
  const base::MutexLock lock(mutex_);
  loops_.clear();
}

}  // namespace carillon::base
