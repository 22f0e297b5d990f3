#include "chunk_cache.h"

#include <algorithm>
#include <utility>

namespace carillon::journal {

model::EventPtr DecodedChunk::At(uint64_t position) const {
  if (events.size() == head.count) return events[position - head.first_position];
  const auto at = std::lower_bound(
      events.begin(), events.end(), position,
      [](const model::EventPtr& event, uint64_t p) { return event->position() < p; });
  return at == events.end() || (*at)->position() != position ? nullptr : *at;
}

DecodedChunkPtr ChunkCache::Find(uint64_t position) {
  auto after = chunks_.upper_bound(position);
  if (after == chunks_.begin()) return nullptr;
  Entry& entry = std::prev(after)->second;
  if (entry.chunk->head.last_position() < position) return nullptr;
  used_.splice(used_.begin(), used_, entry.used);
  return entry.chunk;
}

void ChunkCache::Add(DecodedChunkPtr chunk) {
  const uint64_t first = chunk->head.first_position;
  if (chunks_.contains(first)) return;
  bytes_ += chunk->bytes;
  used_.push_front(first);
  chunks_.emplace(first, Entry{std::move(chunk), used_.begin()});
  while (bytes_ > max_bytes_ && chunks_.size() > 1) {
    const auto oldest = chunks_.find(used_.back());
    bytes_ -= oldest->second.chunk->bytes;
    chunks_.erase(oldest);
    used_.pop_back();
  }
}

}  // namespace carillon::journal
