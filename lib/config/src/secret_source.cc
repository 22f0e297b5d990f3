#include "secret_source.h"

#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/base/text.h"
#include "file.h"

namespace carillon::config {
namespace {

constexpr size_t kMaxSecretFileBytes = 4096;

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kMaxSecretFileBytes);
  if (text.ok()) text->resize(text->find_last_not_of("\r\n") + 1);
  return text;
}

absl::StatusOr<std::string> ReadSecretVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return absl::InvalidArgumentError("names a variable that is not set");
  return std::string(value);
}

std::optional<signing::SchemeSecret> ReadSecret(const v1::SigningKey& key, const Path& path,
                                                Errors& errors) {
  const int given = (key.secret().empty() ? 0 : 1) + (key.secret_file().empty() ? 0 : 1) +
                    (key.secret_env().empty() ? 0 : 1);
  if (given != 1) {
    errors.Add(path, "needs exactly one of secret, secret_file, secret_env");
    return std::nullopt;
  }
  const char* member = "secret";
  absl::StatusOr<std::string> text = key.secret();
  if (!key.secret_file().empty()) {
    member = "secret_file";
    text = ReadSecretFile(key.secret_file());
  } else if (!key.secret_env().empty()) {
    member = "secret_env";
    text = ReadSecretVariable(key.secret_env());
  }
  absl::StatusOr<signing::SchemeSecret> secret =
      text.ok() ? signing::ParseAnySecret(*text)
                : absl::StatusOr<signing::SchemeSecret>(text.status());
  if (!secret.ok()) {
    errors.Add(path.Member(member), base::ToStd(secret.status().message()));
    return std::nullopt;
  }
  return *std::move(secret);
}

}  // namespace carillon::config
