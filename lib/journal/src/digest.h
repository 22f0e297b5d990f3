#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"

namespace carillon::journal {

/// A sum over the rows of the tables whose rows have none of their own (all but those of chunks and
/// ids), as far as 100,000 rows or 16 MiB of each: taken when the store was stopped and compared
/// when it is started, it tells that a row was changed meanwhile, by a fault or by hand. It reads
/// whatever tables there are.
absl::StatusOr<uint32_t> DigestOfSmallTables(sqlite::Database& database);

}  // namespace carillon::journal
