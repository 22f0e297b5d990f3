#pragma once

#include <chrono>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/sqlite_journal.h"
#include "gauges.h"
#include "sqlite.h"
#include "store.h"

namespace carillon::journal {

/// Finds what may be removed, reading on the housekeeper's connection.
///
/// Events go when they are settled by every lane (at or below the floor), parked by none (the mark
/// of a dead delivery does not count), and older than the age or among the oldest while there are
/// more bytes than allowed; attempts by the same rule, as soon as a start does not need them. What
/// is parked only ever was parked before its event fell below the floor, so a floor read before the
/// parked rows is safe.
class Retention {
 public:
  static absl::StatusOr<Retention> Create(Database& database, const SqliteJournalOptions& options,
                                          const base::Clock& clock, const Gauges& gauges);

  /// A pass begins: looks from the oldest on again.
  void Begin();
  /// The next bounded step; empty: there is nothing (more) to remove.
  absl::StatusOr<RetentionStep> Next();

 private:
  /// An expensive scan is not done again before twenty times its own duration has gone by.
  struct Pace {
    std::chrono::steady_clock::time_point next{};
    bool Due() const { return std::chrono::steady_clock::now() >= next; }
    void Took(std::chrono::steady_clock::time_point start);
  };
  /// The oldest row of a table that is not looked at yet.
  struct Oldest {
    bool removable = false;
    int64_t key = 0;
    int64_t at = 0;
    uint64_t bytes = 0;
  };

  Retention(const SqliteJournalOptions& options, const base::Clock& clock, const Gauges& gauges);
  absl::Status PrepareAll(Database& database);
  absl::StatusOr<Oldest> OldestEvents();
  absl::StatusOr<Oldest> OldestAttempts();
  absl::Status AddEventsAndAttempts(RetentionStep& step);
  absl::Status AddIds(RetentionStep& step);
  absl::Status AddDead(RetentionStep& step);
  /// True: the parked positions are known, as of now or of this pass.
  absl::StatusOr<bool> KnowParked();
  void ForgetParked();
  bool IsParked(uint64_t first, uint64_t last) const;

  SqliteJournalOptions options_;
  const base::Clock* clock_;
  const Gauges* gauges_;
  Statement events_, attempts_, ids_, dead_, parked_;
  uint64_t floor_ = 0;
  int64_t attempt_floor_ = 0;
  int64_t cutoff_ = 0;  ///< older than this is too old; Unix ns
  uint64_t over_bytes_ = 0;
  int64_t events_from_ = 0;
  int64_t attempts_from_ = 0;
  bool parked_known_ = false;
  bool dead_done_ = false;
  std::vector<uint64_t> parked_positions_;  ///< ascending, while a pass needs them
  Pace parked_pace_, dead_pace_;
};

}  // namespace carillon::journal
