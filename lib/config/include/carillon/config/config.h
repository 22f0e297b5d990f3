#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/config/surroundings.h"
#include "carillon/config/tracing.h"
#include "carillon/config/watched_file.h"
#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/net/egress.h"
#include "carillon/v1/config.pb.h"

namespace carillon::config {

/// A variable of the environment that stands against what the file says.
struct Override {
  std::string variable;
  std::string member;  ///< its path: `server.publish_address`
};

/// A whole configuration, validated, defaults filled in. A value.
struct Config {
  v1::Server server;
  v1::JournalSettings journal;
  v1::DeliverySettings delivery;
  v1::Limits limits;
  v1::ResolverSettings resolver;
  Tracing tracing;
  net::Egress egress;              ///< its rules let every destination's URL pass
  std::vector<std::string> types;  ///< the catalog: built-in and configured, sorted
  std::vector<model::Destination> destinations;
  std::vector<model::Subscription> subscriptions;
  std::string hash;  ///< SHA-256 of the file's text, in hex; of `LoadConfig` only
  std::vector<Override> overrides;
  base::ContainerLimits container;  ///< what the defaults keep within
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
                                   const Surroundings& surroundings = {},
                                   std::vector<WatchedFile>* files = nullptr);

/// Reads and parses a file of at most 64 MiB, within the process's surroundings. Errors name the
/// file.
absl::StatusOr<Config> LoadConfig(const std::string& path, Secrets secrets = Secrets::kRead,
                                  std::vector<WatchedFile>* files = nullptr);

/// What the bounds on memory allow together, in bytes: events that wait for the disk, publishers,
/// delivery threads, ids that are remembered. The process takes some 64 MiB beside it.
uint64_t MemoryBounds(const Config& config);

/// The types that are in every catalog, sorted; the operational ones among them.
std::vector<std::string> BuiltInTypes();

}  // namespace carillon::config
