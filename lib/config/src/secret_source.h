#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carillon/base/secret.h"
#include "carillon/signing/signer.h"
#include "carillon/v1/destination.pb.h"
#include "path.h"

namespace carillon::config {

/// The members that can hold a secret or say where it is: NAME, NAME_file, NAME_env.
struct SecretSource {
  std::string_view name;
  const std::string& text;
  const std::string& file;
  const std::string& variable;
  size_t max_file_bytes = 4096;

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

/// Reads a secret from the one member of `source` that is given; `path` is their message's. Adds an
/// error, which repeats neither the secret nor where it was looked for (the place may have been
/// mixed up with the secret).
std::optional<FoundSecret> FindSecret(const SecretSource& source, const Path& path, Errors& errors);

/// Reads a key's secret from where the key says; errors as above.
std::optional<signing::SchemeSecret> ReadSecret(const v1::SigningKey& key, const Path& path,
                                                Errors& errors);

}  // namespace carillon::config
