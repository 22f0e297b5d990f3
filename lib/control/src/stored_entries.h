#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/secret.h"
#include "carillon/control/repository.h"
#include "packed_entries.h"
#include "remembered.h"

namespace carillon::control {

/// Where resources are, in the store.
inline constexpr std::string_view kResourcePrefix = "resources/";
inline std::string KeyOfResource(std::string_view name) {
  return std::string(kResourcePrefix) + std::string(name);
}

/// All that a repository begins with.
struct StoredEntries {
  PackedEntries entries;
  std::vector<std::pair<std::string, Remembered::Call>> calls;
  base::Secret key;  ///< of etags, page tokens and request ids; made when the store is new
  resource::SnapshotPtr snapshot;
  uint64_t revision = 0;
};

/// Reads the store; blocks. Errors as Repository::Open.
absl::StatusOr<StoredEntries> ReadStored(const RepositoryOptions& options);

}  // namespace carillon::control
