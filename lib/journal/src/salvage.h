#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "carillon/journal/store_tools.h"
#include "carillon/sqlite/database.h"
#include "chunk.h"
#include "findings.h"
#include "position_ranges.h"
#include "store_image.h"

namespace carillon::journal {

/// Copies the rows of a store's image into a new, empty database of the current schema, and counts
/// what it cannot. One thread; for `SalvageStore`.
class Salvager {
 public:
  /// Both outlive it. `vouched`: the position that the mark tells, 0 when there is none.
  Salvager(const StoreImage& image, sqlite::Database& from, sqlite::Database& to, uint64_t vouched)
      : image_(image), from_(from), to_(to), vouched_(vouched) {}

  /// DATA_LOSS: nothing can be read; others: the new store cannot be written.
  absl::Status Run();
  StoreReport Report() { return {std::move(facts_), dropped_.Take()}; }

 private:
  /// What of a table cannot be read is noted; `whole`: all was.
  absl::Status CopyTable(const std::string& table, bool& whole);
  absl::Status CopyRows(const std::string& table, const std::string& columns,
                        const std::string& order, size_t count, bool& whole, uint64_t& copied);
  absl::StatusOr<std::vector<std::string>> SharedColumns(const std::string& table);

  absl::Status CopyEvents();
  absl::Status AddEvents(const ChunkHead& head, uint32_t crc, std::string_view records);
  absl::Status CopyAttempts();
  /// Rows of events, attempts, destinations and the state that no tree leads to any more.
  absl::Status CopyFromLeaves();
  absl::Status DropWithoutEvents();
  absl::Status FillLost();
  absl::Status SetState();
  absl::Status Batch();  ///< a transaction every now and then

  const StoreImage& image_;
  sqlite::Database& from_;
  sqlite::Database& to_;
  const uint64_t vouched_;
  sqlite::Statement add_events_;
  PositionRanges events_;
  std::vector<uint64_t> known_;  ///< first positions of chunks that were taken
  uint64_t watermark_ = 0;
  uint64_t last_ = 0;
  uint64_t bytes_ = 0;  ///< since the last commit
  std::vector<std::string> facts_;
  Findings dropped_;
};

}  // namespace carillon::journal
