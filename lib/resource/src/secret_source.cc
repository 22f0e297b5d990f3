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

std::optional<FoundSecret> FindSecret(const SecretSource& source, const Path& path,
                                      Errors& errors) {
  const int given = (source.text.empty() ? 0 : 1) + (source.file.empty() ? 0 : 1) +
                    (source.variable.empty() ? 0 : 1);
  const std::string name(source.name);
  if (given == 0 && source.optional) return std::nullopt;
  if (given != 1) {
    errors.Add(path, absl::StrCat(source.optional ? "must have at most" : "needs exactly",
                                  " one of ", name, ", ", name, "_file, ", name, "_env"));
    return std::nullopt;
  }
  if (source.text.empty() && !errors.references().Reads()) {
    errors.references().Skip();
    return std::nullopt;
  }
  std::string member = name;
  absl::StatusOr<std::string> text = source.text;
  if (!source.file.empty()) {
    member += "_file";
    text = ReadSecretFile(source.file, source.max_file_bytes, errors);
  } else if (!source.variable.empty()) {
    member += "_env";
    text = ReadSecretVariable(source.variable, errors);
  }
  // Editors and shells put a line end there; nobody means it.
  if (text.ok() && source.text.empty()) text->resize(text->find_last_not_of("\r\n") + 1);
  if (!text.ok()) {
    errors.Add(path.Member(member), base::ToStd(text.status().message()));
    return std::nullopt;
  }
  return FoundSecret{std::move(member), base::Secret(*std::move(text))};
}

std::optional<signing::SchemeSecret> ReadSecret(const v1::Key& key, const Path& path,
                                                Errors& errors) {
  const auto found = FindSecret(SecretOf(key), path, errors);
  if (!found) return std::nullopt;
  absl::StatusOr<signing::SchemeSecret> secret = signing::ParseAnySecret(found->secret.Reveal());
  if (!secret.ok()) {
    errors.Add(path.Member(found->member), base::ToStd(secret.status().message()));
    return std::nullopt;
  }
  return *std::move(secret);
}

}  // namespace carillon::resource
