#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/sqlite/database.h"
#include "gauges.h"
#include "scan_pace.h"
#include "store.h"

namespace carillon::journal {

/// Finds what may be removed, reading on the housekeeper's connection.
///
/// Events go when they are settled by every lane (at or below the floor), parked by none (the mark
/// of a dead delivery does not count), and older than the age or among the oldest while there are
/// more bytes than allowed, or too little space; attempts and dead rows by the same rule, as soon
/// as a start does not need them. A chunk of which some events are parked is thinned: it keeps
/// those alone. What is parked only ever was parked before its event fell below the floor, so a
/// floor read before the parked rows is safe.
///
/// What a cursor keeps from leaving is not removed but told, see `leave_to`.
class Retention {
 public:
  static absl::StatusOr<Retention> Create(sqlite::Database& database,
                                          const SqliteJournalOptions& options,
                                          const base::Clock& clock, const Gauges& gauges);

  /// A pass begins: looks from the oldest on again. `missing_bytes`: so much has to leave in any
  /// case, because space is short.
  void Begin(uint64_t missing_bytes);
  /// The next bounded step; empty: there is nothing (more) to remove.
  absl::StatusOr<RetentionStep> Next();
  /// After a pass: events up to here would have left but for lanes behind; 0: there are none.
  absl::StatusOr<uint64_t> LeaveTo();

 private:
  /// The oldest row of a table that is not looked at yet.
  struct Oldest {
    bool removable = false;
    int64_t key = 0;
    int64_t at = 0;
    uint64_t bytes = 0;                   ///< that removing it frees
    std::optional<ThinnedChunk> thinned;  ///< what stays of it
  };

  Retention(const SqliteJournalOptions& options, const base::Clock& clock, const Gauges& gauges);
  absl::Status PrepareAll(sqlite::Database& database);
  absl::StatusOr<Oldest> OldestEvents();
  absl::StatusOr<Oldest> OldestAttempts();
  absl::Status AddEventsAndAttempts(RetentionStep& step);
  absl::Status AddIds(RetentionStep& step);
  absl::Status AddDead(RetentionStep& step);
  /// Fills `dead_found_` with what is too old or too much.
  absl::Status FindDead();
  /// True: the parked positions are known, as of now or of this pass.
  absl::StatusOr<bool> KnowParked();
  void ForgetParked();
  /// The parked positions from `first` to `last`.
  std::span<const uint64_t> ParkedAmong(uint64_t first, uint64_t last) const;
  /// What is left of the chunk at `oldest.key` when it keeps no more than `parked`; nothing where
  /// that is not worth it.
  absl::Status Thin(Oldest& oldest, uint64_t count, std::span<const uint64_t> parked);

  SqliteJournalOptions options_;
  const base::Clock* clock_;
  const Gauges* gauges_;
  sqlite::Statement events_, attempts_, ids_, old_dead_, most_dead_, parked_, chunk_, chunk_from_;
  uint64_t floor_ = 0;
  int64_t attempt_floor_ = 0;
  int64_t cutoff_ = 0;  ///< older than this is too old; Unix ns
  uint64_t over_bytes_ = 0;
  int64_t events_from_ = 0;
  int64_t attempts_from_ = 0;
  bool parked_known_ = false;
  std::vector<uint64_t> parked_positions_;  ///< ascending, while a pass needs them
  std::vector<std::pair<LaneId, uint64_t>> dead_found_;
  size_t dead_at_ = 0;  ///< of dead_found_: those before it are on their way
  /// Events left in chunks that were thinned, by key; one unknown is thought to be whole.
  std::map<int64_t, size_t> left_;
  base::MonoTime::duration worked_{};  ///< time that this pass took on this thread
  ScanPace parked_pace_, dead_pace_;
};

}  // namespace carillon::journal
