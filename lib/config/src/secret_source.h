#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/signing/signer.h"
#include "carillon/v1/destination.pb.h"
#include "path.h"

namespace carillon::config {

/// A secret from a file of at most 4 KiB, without the line ends after it, or from an environment
/// variable. Messages repeat neither the secret nor the place.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);
absl::StatusOr<std::string> ReadSecretVariable(const std::string& name);

/// Reads a key's secret from where the key says. Adds an error, which repeats neither the secret
/// nor where it was looked for (the place may have been mixed up with the secret).
std::optional<signing::SchemeSecret> ReadSecret(const v1::SigningKey& key, const Path& path,
                                                Errors& errors);

}  // namespace carillon::config
