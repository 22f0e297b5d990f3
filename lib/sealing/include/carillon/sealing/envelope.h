#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/base/secret.h"
#include "carillon/sealing/master_key.h"

// Secrets as they are stored: each under a key of its own, which the master key wraps.
namespace carillon::sealing {

/// `owner` is what the secret belongs to, and never changes: a uid and a path. `keys` is not empty.
std::string SealSecret(const MasterKeys& keys, const base::Secret& secret, std::string_view owner);

/// FAILED_PRECONDITION: it needs a master key that is not among `keys`. DATA_LOSS: it was changed,
/// or belongs to something else.
absl::StatusOr<base::Secret> OpenSecret(const MasterKeys& keys, std::string_view sealed,
                                        std::string_view owner);

/// Whether the current master key wraps it.
bool IsCurrent(const MasterKeys& keys, std::string_view sealed);
/// The same secret, wrapped by the current master key. Errors as OpenSecret.
absl::StatusOr<std::string> Rewrap(const MasterKeys& keys, std::string_view sealed,
                                   std::string_view owner);

}  // namespace carillon::sealing
