#include "chunk_cache.h"

#include <utility>

namespace carillon::journal {

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
