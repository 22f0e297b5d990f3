#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/sealing/master_key.h"
#include "carillon/store/config_store.h"

namespace carillon::control {

/// Where in the store sealed values are.
inline constexpr size_t kRewrapPrefixes = 2;
/// The prefix of their keys; `index` is less than kRewrapPrefixes.
std::string_view RewrapPrefix(size_t index);

/// What is to be done with some entries, all of the prefix.
struct RewrapStep {
  std::vector<store::ConfigChange> changes;  ///< each only if its entry is as it was read
  uint64_t sealed = 0;
};
/// Errors as sealing::OpenSecret, with the key of the entry.
absl::StatusOr<RewrapStep> RewrapEntries(const sealing::MasterKeys& keys, size_t prefix,
                                         const std::vector<store::ConfigEntry>& entries);

}  // namespace carillon::control
