#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/journal/journal.h"

namespace carillon::journal {

using Cursors = absl::flat_hash_map<LaneId, uint64_t>;

/// The one row of `state`.
struct StateRow {
  uint64_t last_position = 0;
  uint64_t watermark = 0;
  int64_t attempt_floor = 0;  ///< attempt chunks below this id are not read at start
  uint64_t event_bytes = 0;
  uint64_t attempt_bytes = 0;
  friend bool operator==(const StateRow&, const StateRow&) = default;
};

/// What moves with the settlements, as the journal thread keeps it in memory. A value: a
/// transaction works on a copy, which takes its place when the transaction is durable.
struct Progress {
  StateRow state;
  std::vector<uint64_t> shard_watermarks;  ///< of all shards there are, by number
  /// Of open lanes that fell behind; copied when it changes.
  std::shared_ptr<const Cursors> cursors = std::make_shared<const Cursors>();
  uint64_t lowest_cursor = UINT64_MAX;

  /// Takes a settlement's watermark and cursors in; its shard is one of them.
  void Apply(const Settlement& settlement);
  void SetCursors(Cursors next);
  /// Every event at or below it is settled by every lane: it may be removed, unless it is parked.
  uint64_t floor() const {
    return state.watermark < lowest_cursor ? state.watermark : lowest_cursor - 1;
  }
};

/// Finds the attempt chunk that a start must read from: the first that holds a row above the floor.
class AttemptTail {
 public:
  void Add(int64_t id, uint64_t max_position) { chunks_.push_back({id, max_position}); }
  /// The floor moved: forgets chunks wholly at or below it. Id of the first chunk that is needed;
  /// `next_id` when none is.
  int64_t Advance(uint64_t floor, int64_t next_id);

 private:
  struct Chunk {
    int64_t id;
    uint64_t max_position;
  };
  std::deque<Chunk> chunks_;
};

}  // namespace carillon::journal
