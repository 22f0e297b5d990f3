#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"
#include "database_header.h"
#include "high_water_file.h"
#include "wal_scan.h"

namespace carillon::journal {

/// What lies in a data folder, seen before SQLite opens it: SQLite forgets without a word what lies
/// behind damage in the write-ahead file, and deletes that file when the database is gone.
struct Inspection {
  bool has_database = false;  ///< there is a file, and it is not empty
  bool has_wal = false;       ///< likewise
  DatabaseHeader header;
  WalScan wal;
  std::optional<HighWater> mark;
  bool mark_damaged = false;
};

/// The database file of a data folder, and its write-ahead file.
std::string DatabasePath(const std::string& folder);
std::string WalPath(const std::string& folder);

/// Reads the files; changes nothing. PERMISSION_DENIED, UNAVAILABLE: they cannot be read.
absl::StatusOr<Inspection> Inspect(const std::string& folder);

/// Whether a store may be opened with these files, or made where there are none. `making`: no store
/// was ever made in this folder. DATA_LOSS: answered
/// events would be lost; FAILED_PRECONDITION: the files are not those of a store.
absl::Status CheckFiles(const std::string& folder, const Inspection& seen, bool making);

/// Whether what SQLite reads from them is the store that the mark vouches for, as far as it came.
/// On the first connection, before anything is written. Errors as above.
absl::Status CheckAgainstMark(sqlite::Database& database, const Inspection& seen);

/// The store's key, and the position of its last event. DATA_LOSS: it has no state.
absl::StatusOr<HashKey> KeyOfStore(sqlite::Database& database);
absl::StatusOr<uint64_t> LastPositionOfStore(sqlite::Database& database);

}  // namespace carillon::journal
