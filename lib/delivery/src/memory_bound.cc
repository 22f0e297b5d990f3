#include "memory_bound.h"

#include <algorithm>

namespace carillon::delivery {

bool MemoryBound::Full() {
  if (full_) {
    full_ = !RoomToRead();
  } else if (held_.bytes() >= max_bytes_) {
    Relieve(0);
    full_ = !RoomToRead();
  }
  return full_;
}

// What fills the memory may wait, in order, for what is parked or not read yet: then it is given
// up, half as much kept with every tick.
void MemoryBound::Tick() {
  const bool starved =
      !RoomToRead() && (scheduler_.DueAt() || scheduler_.Has(LaneNeed::kHeldRows) ||
                        scheduler_.Has(LaneNeed::kBacklog));
  starved_ = starved ? std::min(starved_ + 1, 32) : 0;
  if (full_ || starved_ > 1) Relieve(std::max(starved_ - 2, 0));
}

// The shard's memory is shared out: no lane keeps more than its part of half of it. What cannot be
// given up (attempts under way) is waited for.
void MemoryBound::Relieve(int halvings) {
  size_t holders = 0;
  lanes_.ForEach([&](Lane& lane) { holders += lane.fresh_bytes() > 0 ? 1 : 0; });
  const size_t share = (max_bytes_ / 2 / std::max<size_t>(holders, 1)) >> halvings;
  lanes_.ForEach([&](Lane& lane) {
    if (lane.fresh_bytes() <= share && lane.retries().empty()) return;
    lane.Shed(share, router_.next());
    scheduler_.Touched(lane);
  });
}

}  // namespace carillon::delivery
