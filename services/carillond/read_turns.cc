#include "read_turns.h"

#include <algorithm>

namespace carillon::server {

bool ReadTurns::Ask(int fd, uint64_t poll, base::MonoTime now) {
  std::lock_guard lock(mutex_);
  if (fd == marker_) {
    if (poll == marker_poll_) return false;
    Begin(poll, now);
    return true;
  }
  if (left_ <= 0) GiveUp(poll, now);
  if (left_ > 0) return true;
  if (marker_ == kNone) {  // then nobody waits
    marker_ = fd;
    marker_poll_ = poll;
    marker_since_ = now;
    wake_(fd);
  } else if (std::ranges::find(waiting_, fd) == waiting_.end()) {
    waiting_.push_back(fd);
  }
  return false;
}

void ReadTurns::Forget(int fd, base::MonoTime now) {
  std::lock_guard lock(mutex_);
  std::erase(waiting_, fd);
  if (fd == marker_) Begin(0, now);
}

void ReadTurns::Look(base::MonoTime now) {
  std::lock_guard lock(mutex_);
  GiveUp(0, now);
}

void ReadTurns::GiveUp(uint64_t poll, base::MonoTime now) {
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
  for (int woken = 0; woken < kWoken && !waiting_.empty();) {
    const int fd = waiting_.front();
    waiting_.pop_front();
    if (!wake_(fd)) continue;  // was read meanwhile
    marker_ = fd;
    ++woken;
  }
}

}  // namespace carillon::server
