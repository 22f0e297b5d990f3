#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/config/tracing.h"
#include "carillon/http/egress.h"
#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/v1/config.pb.h"

namespace carillon::config {

/// A whole configuration, validated, defaults filled in. A value.
struct Config {
  v1::Server server;
  v1::JournalSettings journal;
  v1::DeliverySettings delivery;
  v1::Limits limits;
  v1::ResolverSettings resolver;
  Tracing tracing;
  http::Egress egress;             ///< its rules let every destination's URL pass
  std::vector<std::string> types;  ///< the catalogue: built-in and configured, sorted
  std::vector<model::Destination> destinations;
  std::vector<model::Subscription> subscriptions;
  std::string hash;    ///< SHA-256 of the file's text, in hex; of `LoadConfig` only
  size_t skipped = 0;  ///< files and variables that were not looked at (Secrets::kSkip)
};

/// Whether files and variables that hold secrets, keys and certificates are read. kSkip is for
/// checking a file where they are not; what it gives must not be run.
enum class Secrets { kRead, kSkip };

/// Parses YAML text. INVALID_ARGUMENT lists up to ten errors, one a line, each beginning with the
/// path of the member (`destinations[2].url: must start with http:// or https://`). Secrets named
/// by file or environment are read here; none is repeated in an error.
absl::StatusOr<Config> ParseConfig(std::string_view yaml, Secrets secrets = Secrets::kRead);

/// Reads and parses a file of at most 64 MiB. Errors name the file.
absl::StatusOr<Config> LoadConfig(const std::string& path, Secrets secrets = Secrets::kRead);

/// The types that are in every catalogue, sorted; the operational ones among them.
std::vector<std::string> BuiltInTypes();

}  // namespace carillon::config
