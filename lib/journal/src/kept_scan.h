#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/sqlite/database.h"
#include "gauges.h"
#include "kept_board.h"
#include "scan_pace.h"

namespace carillon::journal {

/// Adds up what is kept for each destination, on the housekeeper's connection, and says what of it
/// is to be given up: what is too old; of a destination over its bound the oldest; over the bound
/// of a tenant the oldest of those of its destinations that take most; and over the bound of all
/// the oldest of all. What is within every bound is never given up.
///
/// A look reads the table of parked rows once, twice when a bound is exceeded; then it takes 24
/// bytes of memory for each row that may have to go. Where all together take more than a tenant
/// may, it reads the name of each destination that has rows. It is not taken again before twenty
/// times its own duration has gone by. One thread.
class KeptScan {
 public:
  static absl::StatusOr<KeptScan> Create(sqlite::Database& database,
                                         const SqliteJournalOptions& options,
                                         const base::Clock& clock, const Gauges& gauges);

  bool Due() const { return pace_.Due(clock_->Mono()); }
  /// `max_bytes`: what all together may take in any case, because space is short.
  absl::StatusOr<KeptView> Look(uint64_t max_bytes);

 private:
  struct Tally {
    uint64_t deliveries = 0;
    uint64_t bytes = 0;
    uint64_t oldest = UINT64_MAX;  ///< position
    uint64_t too_old_to = 0;       ///< the highest position among those that are too old
    void Add(uint64_t count, uint64_t more) { deliveries += count, bytes += more; }
  };
  /// A row, for the second reading.
  struct Row {
    uint64_t position = 0;
    uint64_t bytes = 0;
    uint32_t deliveries = 0;
  };
  using Tallies = absl::flat_hash_map<LaneId, Tally>;
  using Levels = absl::flat_hash_map<LaneId, uint64_t>;

  KeptScan(const SqliteJournalOptions& options, const base::Clock& clock, const Gauges& gauges)
      : options_(options), clock_(&clock), gauges_(&gauges) {}
  absl::Status PrepareAll(sqlite::Database& database);
  /// Calls `row(lane, position, deliveries, bytes)` for each parked row that is no mark.
  template <typename F>
  absl::Status ForEachRow(F row);
  /// The last position that was accepted before `time`; 0: none is known.
  absl::StatusOr<uint64_t> LastBefore(base::WallTime time);
  /// Acceptance of the event at `position`, or of one near it.
  absl::StatusOr<base::WallTime> AcceptedAt(uint64_t position);
  absl::Status AddCursors(Tallies& tallies);
  absl::Status NameHolders(const Tallies& tallies, KeptView& view);
  /// Bytes that each may keep so that its tenant is within its bound, of those that have more.
  absl::StatusOr<Levels> TenantLevels(const Tallies& tallies, const Tally& all);
  /// Tenant and name of a destination; nullopt: it is not known.
  absl::StatusOr<std::optional<LaneName>> NameOf(LaneId lane);
  /// Up to where `rows` have to go until what is left is within both bounds; 0: nothing has to.
  static uint64_t Cut(std::vector<Row>& rows, uint64_t max_deliveries, uint64_t max_bytes);
  absl::Status EvictWhatIsOver(const Tallies& tallies, const Tally& all, uint64_t max_bytes,
                               uint64_t too_old, std::map<LaneId, EvictionRequest>& evict);

  SqliteJournalOptions options_;
  const base::Clock* clock_;
  const Gauges* gauges_;
  sqlite::Statement parked_, first_from_, chunk_at_, cursors_, name_;
  ScanPace pace_;
  uint64_t version_ = 0;
};

}  // namespace carillon::journal
