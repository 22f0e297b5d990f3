#pragma once

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/journal/journal.h"
#include "chunk_cache.h"
#include "sqlite.h"

namespace carillon::journal {

/// The reading connection, on the reader's thread. DATA_LOSS: what it reads is damaged.
class Reader {
 public:
  static absl::StatusOr<Reader> Create(Database database);

  /// See `Journal::Read`.
  absl::StatusOr<EventBatch> Read(uint64_t from, size_t max_bytes);
  /// See `Journal::TakeDue`.
  absl::StatusOr<DueDeliveries> TakeDue(LaneId lane, base::WallTime until, size_t limit);

 private:
  /// Ends a read transaction: what it saw is let go.
  class Snapshot;

  explicit Reader(Database database);
  absl::Status PrepareAll();
  absl::StatusOr<DueDeliveries> FindDue(LaneId lane, base::WallTime until, size_t limit);
  /// Fills in the events of `due`.
  absl::Status Load(std::span<DueDelivery> due);
  /// Fills in events of `due`, ascending by position, from the chunk that holds the first; returns
  /// how many of them were dealt with.
  absl::StatusOr<size_t> LoadFromOneChunk(std::span<DueDelivery*> due);
  absl::StatusOr<DecodedChunkPtr> Decode(const ChunkView& view);
  static ChunkHead Head(const Statement& row);

  Database database_;
  ChunkCache cache_;
  Statement begin_, commit_, start_at_, from_, at_, due_;
};

}  // namespace carillon::journal
