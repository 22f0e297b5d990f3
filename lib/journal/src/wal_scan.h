#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "file_bytes.h"

namespace carillon::journal {

/// A frame of a write-ahead file that is whole: a version of one page of the database.
struct WalFrame {
  uint64_t number = 0;    ///< 1 upwards
  uint32_t page = 0;      ///< 1 upwards
  uint32_t db_pages = 0;  ///< not 0: it ends a transaction, and the database then has so many
};

/// What a write-ahead file holds, as read without SQLite, which takes the whole transactions at its
/// front and silently forgets everything behind the first frame that is not whole.
///
/// A power cut leaves such a frame only in the last transaction: each one is synced before the next
/// begins. So a frame of a later transaction behind it tells that something durable was damaged.
struct WalScan {
  uint64_t file_bytes = 0;
  bool has_header = false;   ///< the file is long enough to have one
  bool header_good = false;  ///< SQLite takes it
  uint32_t page_bytes = 0;
  uint64_t frames = 0;       ///< whole or not, of this run of the file or left from an earlier one
  uint64_t taken = 0;        ///< frames at the front that SQLite takes
  uint32_t taken_pages = 0;  ///< pages of the database after them; 0: none was taken
  /// Set when the file is damaged: the first frame that is not whole (0: the header).
  std::optional<uint64_t> damaged_frame;
  uint64_t lost_commits = 0;  ///< whole transactions that end behind the damage, as far as is seen
  /// Whole frames of this run, up to the last that ends a transaction; those SQLite takes first.
  std::vector<WalFrame> frames_of_use;
  uint32_t pages_of_use = 0;  ///< pages of the database after all of them
  /// SQLite's change counters in the first and last frame of page 1 of those taken.
  std::optional<uint32_t> first_counter, last_counter;
};

/// Bytes of a write-ahead file before the page of frame `number`.
uint64_t WalPageOffset(uint64_t number, uint32_t page_bytes);

/// Reads the whole file once. `page_bytes` is taken where the header's is damaged. UNAVAILABLE: it
/// cannot be read.
absl::StatusOr<WalScan> ScanWal(const FileBytes& wal, uint32_t page_bytes);

}  // namespace carillon::journal
