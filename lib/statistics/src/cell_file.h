#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"
#include "carillon/statistics/cell.h"
#include "file_format.h"
#include "subjects.h"

namespace carillon::statistics {

/// Cells by minute and subject.
using Cells = std::map<std::pair<int64_t, uint32_t>, Cell>;

/// The database, written. Errors as those of sqlite::Database. One thread.
class CellFile {
 public:
  /// Made when absent; what was begun and not committed is gone. DATA_LOSS: it is damaged, or
  /// something else.
  static absl::StatusOr<std::unique_ptr<CellFile>> Open(const std::string& path);
  /// A second connection, for reading.
  static absl::StatusOr<sqlite::Database> OpenAgain(const std::string& path);

  /// Tells `subjects` whom there are statistics of.
  absl::Status Restore(Subjects& subjects);
  /// Adds cells to the minutes and hours that there are, and saves these subjects: all or nothing.
  absl::Status Add(const Cells& cells, const Subjects& subjects,
                   const std::vector<uint32_t>& unsaved);
  absl::Status Remove(const std::vector<uint32_t>& subjects);
  /// Removes the oldest cells of that length, all of one start, if that is before `before`. False:
  /// there are none.
  absl::StatusOr<bool> RemoveOldest(Length length, int64_t before);
  /// Bytes that are in use.
  absl::StatusOr<uint64_t> UsedBytes();
  /// Gives the system back what is not, if the file takes more than `max_bytes`.
  absl::Status Shrink(uint64_t max_bytes);

 private:
  explicit CellFile(sqlite::Database database) : database_(std::move(database)) {}
  absl::Status Prepare();
  absl::Status AddAll(const Cells& cells, const Subjects& subjects,
                      const std::vector<uint32_t>& unsaved);
  absl::Status AddTo(Length length, int64_t start, uint32_t subject, const Cell& cell);

  sqlite::Database database_;
  std::array<sqlite::Statement, kLengths> get_, put_, oldest_, remove_;
  sqlite::Statement save_, forget_, set_head_;
  std::string bytes_;
};

/// Who a row `number, tenant, destination, uid` is about.
Subject SubjectAt(const sqlite::Statement& row);

}  // namespace carillon::statistics
