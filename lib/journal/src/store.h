#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/journal/journal.h"
#include "carillon/sqlite/database.h"
#include "chunk.h"
#include "id_hash.h"
#include "progress.h"

namespace carillon::journal {

/// A chunk without the events that are no longer needed.
struct ThinnedChunk {
  int64_t key = 0;
  uint32_t crc = 0;
  std::string records;
};

/// Rows that retention found to be no longer needed: one bounded step.
struct RetentionStep {
  std::vector<int64_t> events;                    ///< keys of journal
  std::vector<ThinnedChunk> thinned;              ///< take the place of rows of journal
  std::vector<int64_t> ids;                       ///< keys of ids
  std::vector<int64_t> attempts;                  ///< keys of attempt_log
  std::vector<std::pair<LaneId, uint64_t>> dead;  ///< keys of dead
  uint64_t event_bytes = 0;
  uint64_t attempt_bytes = 0;
  bool empty() const {
    return events.empty() && thinned.empty() && ids.empty() && attempts.empty() && dead.empty();
  }
};

/// The writing connection: every statement that changes the store, prepared once. The journal
/// thread's; each call but `Begin` inside a transaction.
class Store {
 public:
  static absl::StatusOr<Store> Create(sqlite::Database database);

  absl::Status Begin();
  absl::Status Commit();
  void Rollback() { database_.Rollback(); }
  sqlite::Database& database() { return database_; }

  absl::Status AddEvents(const ChunkHead& head, std::string_view records);
  absl::Status AddIds(uint64_t first_position, base::WallTime at, std::span<const IdHash> hashes);
  absl::Status AddAttempts(int64_t id, uint32_t shard, const AttemptChunk& chunk);
  absl::Status Park(std::vector<Parked>& rows);  ///< sorts them: keys in order
  absl::Status Unpark(std::vector<ParkedKey>& rows);
  /// Adds to `added` how many were not there before.
  absl::Status AddDeadLetters(std::vector<DeadLetter>& rows, uint64_t& added);
  absl::Status SetCursor(const LaneCursor& cursor);
  absl::Status SetHealth(const LaneHealth& lane);
  absl::Status WriteState(const StateRow& state);

  absl::StatusOr<LaneState> OpenLane(const LaneName& name, uint64_t next_position);
  /// What is known of a lane that is not closed yet, but its health.
  absl::StatusOr<LaneState> GetLane(LaneId id, RetiredLane& of);
  /// Its name is free from then on.
  absl::Status TakeLaneOut(LaneId lane);
  /// Nothing: no lane is open under this name.
  absl::StatusOr<std::optional<LaneId>> FindOpenLane(const LaneName& name);
  /// Of lanes that were not taken out.
  absl::StatusOr<std::vector<ListedLane>> ListLanes();
  /// Makes about `limit` parked deliveries of a lane that was taken out dead; true when none is
  /// left: it is closed.
  absl::StatusOr<bool> CloseStep(LaneId lane, base::WallTime at, size_t limit, uint64_t& added);

  absl::Status Remove(const RetentionStep& step, uint64_t& dead_removed);

 private:
  absl::Status PrepareAll();
  absl::Status Thin(const ThinnedChunk& chunk);
  absl::Status RemoveKeys(sqlite::Statement& statement, const std::vector<int64_t>& keys);
  /// Fills in what is parked of the lane.
  absl::Status CountParked(LaneState& lane);

  sqlite::Database database_;
  sqlite::Statement begin_, commit_, add_events_, add_ids_, add_attempts_, park_, unpark_, bury_;
  sqlite::Statement set_cursor_, set_health_, write_state_, find_lane_, add_lane_, count_parked_,
      grouped_;
  sqlite::Statement take_lane_out_, first_parked_, lane_closed_, remove_events_, remove_ids_;
  sqlite::Statement remove_attempts_, remove_dead_, thin_;
  std::string rest_;  ///< bound while a row is parked
};

}  // namespace carillon::journal
