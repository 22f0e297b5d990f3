#pragma once

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/journal/journal.h"
#include "carillon/sqlite/database.h"
#include "chunk_cache.h"
#include "progress.h"

namespace carillon::journal {

/// The reading connection, on the reader's thread. DATA_LOSS: what it reads is damaged.
class Reader {
 public:
  static absl::StatusOr<Reader> Create(sqlite::Database database);

  /// What is settled and read again, of a store that stands at `progress`; see store::ShardState.
  absl::StatusOr<SettledSet> ReadSettled(const Progress& progress);
  /// See `EventLog::Read`. `more`: it ended for want of bytes, so there may be more.
  absl::StatusOr<Events> Read(uint64_t from, size_t max_bytes, bool& more);
  /// See `Journal::TakeDue`.
  absl::StatusOr<DueDeliveries> TakeDue(LaneId lane, base::WallTime until, size_t limit);
  /// See `Journal::TakeHeld`.
  absl::StatusOr<DueDeliveries> TakeHeld(LaneId lane, GroupId group, size_t limit);
  /// See `Journal::TakeKept`.
  absl::StatusOr<DueDeliveries> TakeKept(LaneId lane, uint64_t from, size_t limit);
  /// See `Journal::ListParked`.
  absl::StatusOr<ParkedPage> ListParked(LaneId lane, uint64_t up_to, ParkedKey from, size_t limit);
  /// See `Journal::ReadAttempts`; a chunk is read whole, and its number is the place.
  absl::StatusOr<AttemptPage> ReadAttempts(uint64_t after, size_t limit);

 private:
  /// SQLite keeps what a reader sees until its transaction ends, and the write-ahead file with it.
  class Snapshot {
   public:
    explicit Snapshot(Reader& reader) : reader_(reader), status_(reader.begin_.Run()) {}
    ~Snapshot() {
      reader_.due_.Reset();
      reader_.kept_.Reset();
      reader_.attempts_.Reset();
      reader_.database_.Rollback();
    }
    const absl::Status& status() const { return status_; }

   private:
    Reader& reader_;
    absl::Status status_;
  };

  /// A place where the event at `position` goes.
  struct Wanted {
    uint64_t position = 0;
    model::EventPtr* event = nullptr;
  };

  explicit Reader(sqlite::Database database);
  absl::Status PrepareAll();
  /// Rows at or before `until`, of those with keys from `first` on and before `end`.
  absl::StatusOr<DueDeliveries> Take(LaneId lane, int64_t first, int64_t end, Due until,
                                     size_t limit);
  /// The same of the rows that `statement`, which is bound, comes to.
  absl::StatusOr<DueDeliveries> TakeRows(sqlite::Statement& statement, LaneId lane, Due until,
                                         size_t limit);
  /// Fills in the events of `due`.
  absl::Status Load(std::span<DueDelivery> due);
  /// Fills in events of `wanted`, ascending by position, from the chunk that holds the first;
  /// returns how many of them were dealt with.
  absl::StatusOr<size_t> LoadFromOneChunk(std::span<const Wanted> wanted);
  absl::StatusOr<DecodedChunkPtr> Decode(const ChunkView& view);
  static ChunkHead Head(const sqlite::Statement& row);

  sqlite::Database database_;
  ChunkCache cache_;
  sqlite::Statement begin_, commit_, start_at_, from_, at_, due_, kept_, attempts_;
};

}  // namespace carillon::journal
