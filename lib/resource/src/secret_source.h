#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "carillon/base/secret.h"
#include "carillon/resource/path.h"
#include "carillon/signing/signer.h"
#include "carillon/v1/destination.pb.h"
#include "carillon/v1/resource.pb.h"

namespace carillon::resource {

/// Bytes of a file with a secret, where nothing else is said.
inline constexpr size_t kMaxSecretFileBytes = 4096;

struct FoundSecret {
  std::string_view member;  ///< of v1::Secret, which led to it
  base::Secret secret;
};

/// Reads a secret from its source; `path` is its own. Line ends behind what a file or a variable
/// holds are no part of it. Adds an error, which does not repeat the secret, and names the file or
/// variable only when it looks like one (a path, capital letters): it may have been mixed up with
/// the secret. A secret without a source is an error too.
///
/// Returns nullopt without an error when secrets are not read (References::Reads).
std::optional<FoundSecret> FindSecret(const v1::Secret& secret, const Path& path, Errors& errors,
                                      size_t max_file_bytes = kMaxSecretFileBytes);

/// ` (PATH)`, or nothing when `path` does not look like one.
std::string ShownFile(std::string_view path);

/// Reads a key's secret from where the key says; errors as above.
std::optional<signing::SchemeSecret> ReadSecret(const v1::Key& key, const Path& path,
                                                Errors& errors);

}  // namespace carillon::resource
