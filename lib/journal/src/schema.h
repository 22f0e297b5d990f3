#pragma once

#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"

namespace carillon::journal {

/// The steps from an empty file (version 0) to what this program reads: step n leads from version
/// n to n + 1. A released step is never changed; a new one is added behind it.
std::span<const char* const> SchemaSteps();

/// Brings the database to version `steps.size()`, each step in a transaction of its own together
/// with its number (PRAGMA user_version). FAILED_PRECONDITION when the file is newer.
absl::Status Migrate(sqlite::Database& database, std::span<const char* const> steps);

/// A connection as every thread of the journal uses it.
absl::StatusOr<sqlite::Database> OpenConnection(const std::string& path, const char* vfs);

}  // namespace carillon::journal
