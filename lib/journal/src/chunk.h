#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/journal.h"
#include "carillon/model/event.h"

namespace carillon::journal {

/// Bounds of one row of `journal`: small enough to decode for the sake of one event.
inline constexpr size_t kChunkEvents = 128;
inline constexpr size_t kChunkBytes = 256 << 10;

/// What a row of `journal` says beside its records.
struct ChunkHead {
  uint64_t first_position = 0;
  uint32_t count = 0;
  base::WallTime accepted_at{};
  uint64_t last_position() const { return first_position + count - 1; }
};

/// Adds one event's record: u32 length, little-endian, then its bytes.
void PutRecord(std::string& records, std::string_view record);

/// Says that the next `count` events (at least 1) are gone: u32, its highest bit set.
void PutGap(std::string& records, uint32_t count);

/// CRC-32 over the head and the records, as stored.
uint32_t ChunkCrc(const ChunkHead& head, std::string_view records);

/// A checked chunk; views the bytes it was opened on. Events that retention took out of it are
/// gone: gaps among its records.
class ChunkView {
 public:
  /// DATA_LOSS when the sum is wrong, naming the positions.
  static absl::StatusOr<ChunkView> Open(const ChunkHead& head, uint32_t crc,
                                        std::string_view records);
  const ChunkHead& head() const { return head_; }
  /// All events that are there, in order.
  absl::StatusOr<Events> All() const;
  /// Only those at `positions`: ascending, inside the chunk. Null where one is gone.
  absl::StatusOr<Events> Some(const std::vector<uint64_t>& positions) const;
  /// The records of a chunk with the same head that holds no more than the events at `positions`:
  /// ascending, inside the chunk.
  absl::StatusOr<std::string> Thin(std::span<const uint64_t> positions) const;

 private:
  ChunkHead head_;
  std::string_view records_;
};

/// Rows of the attempt log, fixed-width:
///   u64 position | i64 started, Unix ns | u32 lane | u32 number | u32 duration_us |
///   u16 http_status | u8 outcome | u8 settles
inline constexpr size_t kAttemptBytes = 32;
inline constexpr size_t kAttemptChunkRows = 4096;
AttemptRow GetAttempt(std::string_view rows, size_t index);
uint32_t BytesCrc(std::string_view bytes);

/// A row of `attempt_log` in the making.
struct AttemptChunk {
  std::string rows;
  uint32_t count = 0;
  base::WallTime first_at = base::WallTime::max();
  base::WallTime last_at = base::WallTime::min();
  uint64_t min_position = UINT64_MAX;
  uint64_t max_position = 0;

  void Add(const AttemptRow& row);
  void Clear();
};

}  // namespace carillon::journal
