#include "progress.h"

#include <algorithm>
#include <utility>

namespace carillon::journal {

void Progress::SetCursors(Cursors next) {
  lowest_cursor = UINT64_MAX;
  for (const auto& [lane, position] : next) {
    lowest_cursor = std::min(lowest_cursor, std::max<uint64_t>(position, 1));
  }
  cursors = std::make_shared<const Cursors>(std::move(next));
}

void Progress::Apply(const Settlement& settlement) {
  uint64_t& mine = shard_watermarks[settlement.shard];
  mine = std::max(mine, std::min(settlement.watermark, state.last_position));
  state.watermark = *std::min_element(shard_watermarks.begin(), shard_watermarks.end());
  if (settlement.cursors.empty()) return;
  Cursors next = *cursors;
  for (const LaneCursor& cursor : settlement.cursors) {
    if (cursor.position.has_value()) {
      next[cursor.lane] = *cursor.position;
    } else {
      next.erase(cursor.lane);
    }
  }
  SetCursors(std::move(next));
}

int64_t AttemptTail::Advance(uint64_t floor, int64_t next_id) {
  while (!chunks_.empty() && chunks_.front().max_position <= floor) chunks_.pop_front();
  return chunks_.empty() ? next_id : chunks_.front().id;
}

}  // namespace carillon::journal
