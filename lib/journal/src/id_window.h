#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "carillon/base/clock.h"
#include "id_hash.h"

namespace carillon::journal {

/// The ids seen lately, bounded in number and age: where the first event with an id is. Ids are
/// added in the order of positions, one for each position, so that an entry's place in the queue
/// tells its position; with the index that is 24 to 38 bytes an id. Not thread-safe.
class IdWindow {
 public:
  IdWindow(uint64_t max_ids, std::chrono::nanoseconds max_age);

  /// Position of the event that has this id, when it is in the window.
  std::optional<uint64_t> Find(const IdHash& hash) const;

  /// Adds the id of the next position. The first position of an empty window is free, after that
  /// they follow each other without gaps; a gap starts the window anew.
  void Add(const IdHash& hash, uint64_t position, base::WallTime accepted_at);

  /// Takes out the ids of `position` and all after it: their transaction was rolled back.
  void RemoveFrom(uint64_t position);

  /// Lets go what is too old or too much, at most `limit` ids.
  void Trim(base::WallTime now, size_t limit = SIZE_MAX);

  /// Lowest position in the window; `next position` when it is empty.
  uint64_t front() const { return front_; }
  size_t size() const { return hashes_.size(); }
  /// Entries that the index has room for.
  size_t slots() const { return slots_.size(); }

 private:
  struct Slot {
    uint32_t tag = 0;       ///< low half of the hash: home slot, and a first comparison
    uint32_t position = 0;  ///< low 31 bits, plus one; 0: empty
  };
  struct Age {
    uint64_t end_position;  ///< ids below it (and not below the one before) have this age
    base::WallTime started;
    base::WallTime accepted_at;  ///< of the youngest
  };

  static uint32_t Tag(const IdHash& hash) { return static_cast<uint32_t>(hash.low); }
  static uint32_t Stored(uint64_t position) {
    return static_cast<uint32_t>(position & 0x7FFFFFFF) + 1;
  }
  void Index(uint32_t tag, uint32_t stored);
  void Unindex(const IdHash& hash, uint64_t position);
  void Grow();
  void Clear();

  const uint64_t max_ids_;
  const std::chrono::nanoseconds max_age_;
  uint64_t front_ = 1;
  std::deque<IdHash> hashes_;
  std::deque<Age> ages_;
  std::vector<Slot> slots_;  ///< linear probing; a power of two
  size_t indexed_ = 0;
};

}  // namespace carillon::journal
