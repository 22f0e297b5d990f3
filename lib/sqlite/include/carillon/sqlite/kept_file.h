#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"

namespace carillon::sqlite {

/// Databases of what may get lost: one that cannot be used is set aside, and a new one is made.

/// What a file of this kind has in it.
struct Format {
  int64_t application_id = 0;
  int64_t version = 0;
  const char* schema = nullptr;  ///< begins a transaction, which it leaves open
  const char* what = nullptr;    ///< such as `statistics`, for errors
};

/// Opens the database, for its owner only; made when absent. Synced at checkpoints alone: after a
/// power cut the newest transactions may be gone. Errors as those of Database; DATA_LOSS also: it
/// is another program's, or of another version.
absl::StatusOr<Database> OpenKept(const std::string& path, const Format& format);

/// Renames it to `path`.bad, in place of one that was, and removes what SQLite has beside it.
void SetAside(const std::string& path);

/// Runs `work`, which returns a status, in a transaction that is kept if it succeeds.
template <typename Work>
absl::Status Transact(Database& database, Work work) {
  absl::Status status = database.Exec("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  status = work();
  if (status.ok()) status = database.Exec("COMMIT");
  if (!status.ok()) database.Rollback();
  return status;
}

/// Bytes on the disk that are free beside the file; UINT64_MAX: nobody knows.
uint64_t FreeBytesBeside(const std::string& path);

}  // namespace carillon::sqlite
