#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>

#include "carillon/journal/journal.h"
#include "chunk.h"

namespace carillon::journal {

/// A chunk, decoded.
struct DecodedChunk {
  ChunkHead head;
  Events events;  ///< those that are there
  size_t bytes = 0;

  /// The event at `position`, which is inside; null: it is gone.
  model::EventPtr At(uint64_t position) const;
};
using DecodedChunkPtr = std::shared_ptr<const DecodedChunk>;

/// The chunks decoded last, bounded in bytes, so that lanes that read the same place share the
/// work and the events. One thread.
class ChunkCache {
 public:
  explicit ChunkCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// The chunk that holds `position`, or null.
  DecodedChunkPtr Find(uint64_t position);
  void Add(DecodedChunkPtr chunk);
  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    DecodedChunkPtr chunk;
    std::list<uint64_t>::iterator used;
  };
  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::map<uint64_t, Entry> chunks_;  ///< by first position
  std::list<uint64_t> used_;          ///< first positions, latest used in front
};

}  // namespace carillon::journal
