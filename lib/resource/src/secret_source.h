#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carillon/base/secret.h"
#include "carillon/resource/path.h"
#include "carillon/signing/signer.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::resource {

/// The members that can hold a secret or say where it is: NAME, NAME_file, NAME_env.
struct SecretSource {
  std::string_view name;
  const std::string& text;
  const std::string& file;
  const std::string& variable;
  size_t max_file_bytes = 4096;
  bool optional = false;  ///< whether it is no error when none of them is given

  bool given() const { return !text.empty() || !file.empty() || !variable.empty(); }
};

/// The source of a message with the members `secret`, `secret_file`, `secret_env`.
template <typename M>
SecretSource SecretOf(const M& message) {
  return {"secret", message.secret(), message.secret_file(), message.secret_env()};
}

struct FoundSecret {
  std::string member;  ///< which led to it
  base::Secret secret;
};

/// Reads a secret from the one member of `source` that is given; `path` is their message's. Line
/// ends behind what a file or a variable holds are no part of it. Adds an error, which does not
/// repeat the secret, and names the file or variable only when it looks like one (a path, capital
/// letters): it may have been mixed up with the secret.
///
/// Nothing, without an error, when secrets are not read (References::Reads), or when an optional
/// one is not given.
std::optional<FoundSecret> FindSecret(const SecretSource& source, const Path& path, Errors& errors);

/// ` (PATH)`, or nothing when `path` does not look like one.
std::string ShownFile(std::string_view path);

/// Reads a key's secret from where the key says; errors as above.
std::optional<signing::SchemeSecret> ReadSecret(const v1::Key& key, const Path& path,
                                                Errors& errors);

}  // namespace carillon::resource
