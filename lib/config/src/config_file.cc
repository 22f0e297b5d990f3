#include "carillon/config/config_file.h"

#include <openssl/sha.h>

#include <array>
#include <climits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/secret.h"
#include "carillon/base/text.h"
#include "environment.h"
#include "file.h"
#include "file_references.h"
#include "find_resource_lines.h"
#include "from_yaml.h"
#include "setting_sources.h"
#include "yaml_tree.h"

namespace carillon::config {
namespace {

std::string HashOf(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::shared_ptr<const v1::SettingSources> InFile(const std::string& path,
                                                 const v1::SettingSources& sources) {
  auto in_file = std::make_shared<v1::SettingSources>(sources);
  in_file->set_file(base::Printable(path, PATH_MAX));  // it may have any bytes, answers may not
  return in_file;
}

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view yaml, Secrets secrets,
                                   const resource::Surroundings& surroundings,
                                   std::vector<WatchedFile>* files) {
  if (yaml.size() > kMaxConfigBytes) return Invalid("(file): must be at most 64 MiB");
  const absl::StatusOr<YamlNode::Ptr> tree = ParseYaml(yaml);
  if (!tree.ok()) return Invalid(absl::StrCat("(file): ", tree.status().message()));
  FileReferences references(secrets);
  resource::Errors errors(references);
  v1::Config given;
  if ((*tree)->kind != YamlNode::Kind::kNull) FromYaml(**tree, given, resource::Path(), errors);
  Config config;
  config.lines = std::make_shared<const ResourceLines>(FindResourceLines(**tree, given));
  config.overrides = ApplyEnvironment(surroundings, given, errors);
  static_cast<resource::Config&>(config) =
      resource::Validate(std::move(given), surroundings, errors);
  config.sources =
      std::make_shared<const v1::SettingSources>(FindSettingSources(**tree, config.overrides));
  config.files = references.TakeFiles();
  if (files != nullptr) *files = config.files;
  if (!errors.empty()) return Invalid(errors.ToString());
  config.skipped = references.skipped();
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path, Secrets secrets,
                                  std::vector<WatchedFile>* files) {
  struct stat info{};
  absl::StatusOr<std::string> text = ReadFile(path, kMaxConfigBytes, &info);
  if (!text.ok()) {
    return absl::Status(text.status().code(), absl::StrCat(path, ": ", text.status().message()));
  }
  // A file that was just cut off to be written anew, rather than one that wants nothing.
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    return Invalid(absl::StrCat(path, ": is empty"));
  }
  absl::StatusOr<Config> config = ParseConfig(*text, secrets, ProcessSurroundings(), files);
  if (config.ok()) {
    config->hash = HashOf(*text);
    config->sources = InFile(path, *config->sources);
  }
  base::Wipe(*text);  // secrets may stand in it
  if (!config.ok()) {
    return Invalid(
        absl::StrCat(path, " is not a valid configuration:\n", config.status().message()));
  }
  config->files.push_back({path, FileIdentity::Of(info)});
  return config;
}

}  // namespace carillon::config
