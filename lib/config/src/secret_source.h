#pragma once

#include <optional>

#include "carillon/signing/signer.h"
#include "carillon/v1/destination.pb.h"
#include "path.h"

namespace carillon::config {

/// Reads a key's secret from where the key says. Adds an error, which repeats neither the secret
/// nor where it was looked for (the place may have been mixed up with the secret).
std::optional<signing::SchemeSecret> ReadSecret(const v1::SigningKey& key, const Path& path,
                                                Errors& errors);

}  // namespace carillon::config
