#include "read_turns.h"

#include <algorithm>

namespace carillon::rpc {

bool ReadTurns::Ask(int fd, uint64_t poll, base::MonoTime now, bool light) {
  const base::MutexLock lock(mutex_);
  if (fd == marker_) {
    if (poll == marker_poll_) return false;
    Begin(poll, now);
    return true;
  }
  if (std::erase(invited_, fd) > 0) return true;
  if (left_ <= 0) Expire(poll, now);
  if (left_ > 0) return true;
  if (marker_ == kNone) {  // then nobody waits
    marker_ = fd;
    marker_poll_ = poll;
    marker_since_ = now;
    held_.fetch_add(1, std::memory_order_relaxed);
    wake_(fd);
  } else {
    Wait(fd, light);
  }
  return false;
}

void ReadTurns::Wait(int fd, bool light) {
  for (const std::deque<int>* queue : {&waiting_, &waiting_light_}) {
    if (std::ranges::find(*queue, fd) != queue->end()) return;
  }
  (light ? waiting_light_ : waiting_).push_back(fd);
  held_.fetch_add(1, std::memory_order_relaxed);
}

void ReadTurns::Forget(int fd, base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  std::erase(waiting_, fd);
  std::erase(waiting_light_, fd);
  std::erase(invited_, fd);
  if (fd == marker_) Begin(0, now);
}

void ReadTurns::Look(base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  Expire(0, now);
}

void ReadTurns::Expire(uint64_t poll, base::MonoTime now) {
  if (marker_ == kNone || now - marker_since_ <= kPatience) return;
  waiting_.push_front(marker_);  // is woken again, but if there are others it is no marker
  Begin(poll, now);
}

// The last of those that are woken is the marker of the next turn.
void ReadTurns::Begin(uint64_t poll, base::MonoTime now) {
  left_ = kWork;
  marker_ = kNone;
  marker_poll_ = poll;
  marker_since_ = now;
  invited_.clear();
  for (int woken = 0; woken < kWoken && !(waiting_.empty() && waiting_light_.empty());) {
    const bool last = woken + 1 == kWoken;
    const bool light = !waiting_light_.empty() && (waiting_.empty() || !last);
    std::deque<int>& queue = light ? waiting_light_ : waiting_;
    const int fd = queue.front();
    queue.pop_front();
    if (!wake_(fd)) continue;  // was read meanwhile
    if (light) invited_.push_back(fd);
    marker_ = fd;
    ++woken;
  }
}

}  // namespace carillon::rpc
