#include "secret_source.h"

#include <algorithm>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::resource {
namespace {

constexpr size_t kMaxShownBytes = 256;

bool AllAre(std::string_view s, bool (*of)(char)) {
  return !s.empty() && s.size() <= kMaxShownBytes && std::ranges::all_of(s, of);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path, size_t max_bytes,
                                           Errors& errors) {
  absl::StatusOr<std::string> text = errors.references().ReadFile(path, max_bytes);
  if (text.ok()) return text;
  return absl::Status(text.status().code(), absl::StrCat(text.status().message(), ShownFile(path)));
}

absl::StatusOr<std::string> ReadSecretVariable(const std::string& name, Errors& errors) {
  const absl::StatusOr<const char*> value = errors.references().ReadVariable(name);
  if (!value.ok()) return value.status();
  if (*value != nullptr) return std::string(*value);
  const bool shown = AllAre(name, [](char c) {
    return absl::ascii_isupper(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
  });
  return absl::InvalidArgumentError(
      absl::StrCat("names a variable that is not set", shown ? ": " + name : ""));
}

}  // namespace

std::string ShownFile(std::string_view path) {
  const bool shown = (path.starts_with('/') || path.starts_with("./") || path.starts_with("../")) &&
                     AllAre(path, [](char c) {
                       return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                              std::string_view("/._- ").find(c) != std::string_view::npos;
                     });
  return shown ? absl::StrCat(" (", base::ToAbsl(path), ")") : "";
}

std::optional<FoundSecret> FindSecret(const v1::Secret& secret, const Path& path, Errors& errors,
                                      size_t max_file_bytes) {
  const bool is_text = secret.has_value();
  if (secret.value().empty() && secret.file().empty() && secret.env().empty()) {
    errors.Add(path, "needs exactly one of value, file, env");
    return std::nullopt;
  }
  if (!is_text && !errors.references().Reads()) {
    errors.references().Skip();
    return std::nullopt;
  }
  std::string_view member = "value";
  absl::StatusOr<std::string> text = secret.value();
  if (secret.has_file()) {
    member = "file";
    text = ReadSecretFile(secret.file(), max_file_bytes, errors);
  } else if (secret.has_env()) {
    member = "env";
    text = ReadSecretVariable(secret.env(), errors);
  }
  // Editors and shells put a line end there; nobody means it.
  if (text.ok() && !is_text) text->resize(text->find_last_not_of("\r\n") + 1);
  if (!text.ok()) {
    errors.Add(path.Member(member), base::ToStd(text.status().message()));
    return std::nullopt;
  }
  return FoundSecret{member, base::Secret(*std::move(text))};
}

std::optional<signing::SchemeSecret> ReadSecret(const v1::Key& key, const Path& path,
                                                Errors& errors) {
  const Path place = path.Member("secret");
  const auto found = FindSecret(key.secret(), place, errors);
  if (!found) return std::nullopt;
  absl::StatusOr<signing::SchemeSecret> secret = signing::ParseAnySecret(found->secret.Reveal());
  if (!secret.ok()) {
    errors.Add(place.Member(found->member), base::ToStd(secret.status().message()));
    return std::nullopt;
  }
  return *std::move(secret);
}

}  // namespace carillon::resource
