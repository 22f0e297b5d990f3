#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/sqlite/database.h"
#include "carillon/store/config_store.h"

namespace carillon::configstore {

/// The file of a configuration store: entries and the revision of the last change set. On one
/// thread at a time. Errors as those of sqlite::Database, but for what is said below.
class ConfigTable {
 public:
  /// Makes the file when absent; see `OpenSqliteConfigStore` for errors.
  static absl::StatusOr<ConfigTable> Open(const std::string& path, size_t max_bytes);

  uint64_t revision() const { return revision_; }

  /// Takes a set whole, which is durable when this returns. `changes` then holds what it changed:
  /// deletions of what was not there are left out. ABORTED, INVALID_ARGUMENT, RESOURCE_EXHAUSTED:
  /// nothing was changed. Others: what is on disk is not known.
  absl::Status Write(std::vector<store::ConfigChange>& changes);
  /// NOT_FOUND: there is none.
  absl::StatusOr<store::ConfigEntry> Get(const std::string& key);
  absl::StatusOr<store::ConfigPage> List(const store::ConfigQuery& query);
  absl::StatusOr<std::map<std::string, store::ConfigEntry>> All();

 private:
  ConfigTable(sqlite::Database db, size_t max_bytes) : db_(std::move(db)), max_bytes_(max_bytes) {}

  absl::Status Prepare();
  /// Within a transaction; `bytes` follows what is stored.
  absl::Status Apply(std::vector<store::ConfigChange>& changes, size_t& bytes);
  /// The revision and size of an entry; 0 and 0 when there is none.
  struct Known {
    uint64_t revision = 0;
    size_t bytes = 0;
  };
  absl::StatusOr<Known> Look(const std::string& key);

  sqlite::Database db_;
  size_t max_bytes_;
  uint64_t revision_ = 0;
  size_t bytes_ = 0;  // keys and values
  sqlite::Statement get_;
  sqlite::Statement look_;
  sqlite::Statement list_;
  sqlite::Statement list_back_;
  sqlite::Statement put_;
  sqlite::Statement delete_;
  sqlite::Statement advance_;
};

}  // namespace carillon::configstore
