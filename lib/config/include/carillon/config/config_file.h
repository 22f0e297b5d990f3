#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/config/resource_lines.h"
#include "carillon/config/watched_file.h"
#include "carillon/resource/config.h"
#include "carillon/v1/server_service.pb.h"

namespace carillon::config {

/// A variable of the environment that sets a member, whatever the file says.
struct Override {
  std::string variable;
  std::string member;    ///< its path: `server.publish_address`
  bool differs = false;  ///< the file sets it otherwise
};

/// A configuration that was read from a file. A value.
struct Config : resource::Config {
  std::string hash;  ///< SHA-256 of the file's text, in hex; of `LoadConfig` only
  std::vector<Override> overrides;
  /// Where what `settings` has comes from. `file` is set by `LoadConfig` only.
  std::shared_ptr<const v1::SettingSources> sources;
  /// Where its resources are.
  std::shared_ptr<const ResourceLines> lines;
  /// That were read: those with secrets and certificates, and the file itself.
  std::vector<WatchedFile> files;
  size_t skipped = 0;  ///< files and variables that were not looked at (Secrets::kSkip)
};

/// Whether files and variables that hold secrets, keys and certificates are read. kSkip is for
/// checking a file where they are not; what it gives must not be run.
enum class Secrets { kRead, kSkip };

/// Parses YAML text. INVALID_ARGUMENT lists up to ten errors, one a line, each beginning with the
/// path of the member (`destinations[2].url: must start with http:// or https://`). Secrets named
/// by file or environment are read here; none is repeated in an error. `files`, if given, are
/// those that were, or were to be, read, also when the text is refused.
absl::StatusOr<Config> ParseConfig(std::string_view yaml, Secrets secrets = Secrets::kRead,
                                   const resource::Surroundings& surroundings = {},
                                   std::vector<WatchedFile>* files = nullptr);

/// Reads and parses a file of at most 64 MiB, within the process's surroundings. Errors name the
/// file.
absl::StatusOr<Config> LoadConfig(const std::string& path, Secrets secrets = Secrets::kRead,
                                  std::vector<WatchedFile>* files = nullptr);

/// Those of the process: its environment and its container's limits.
resource::Surroundings ProcessSurroundings();

}  // namespace carillon::config
