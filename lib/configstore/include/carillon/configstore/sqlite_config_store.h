#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/store/config_store.h"

namespace carillon::configstore {

struct SqliteConfigOptions {
  std::string path;  ///< of the database, e.g. `<data folder>/config.db`; made when absent
  /// Keys and values that may be stored; a change set that would lead beyond is refused.
  size_t max_bytes = 256u << 20;
};

/// A configuration store in an SQLite file of its own, for one process, on a thread of its own
/// ("config-store"). Each change set is synced before it is answered. Whoever opens it holds the
/// folder, so that no other process does.
///
/// After a write that failed so that what is on disk is not known, every call is answered with
/// UNAVAILABLE until it is opened again; where the disk is full, nothing was changed and it goes
/// on. Destroyed, it answers what was asked first.
///
/// FAILED_PRECONDITION: the file is another program's or a newer version's. DATA_LOSS: it is
/// damaged. PERMISSION_DENIED: it cannot be opened or written. Each message names the file.
absl::StatusOr<std::unique_ptr<store::ConfigStore>> OpenSqliteConfigStore(
    const SqliteConfigOptions& options);

}  // namespace carillon::configstore
