#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/client/kinds.h"
#include "carillon/client/resources.h"

namespace carillon::cli {

/// A resource, or a part of one, as flags and a file describe it.
struct ResourceFlags {
  std::string file;                                 ///< `-`: standard input
  std::vector<std::vector<std::string>> shortcuts;  ///< values by the kind's shortcuts
  std::vector<std::string> settings;                ///< PATH=VALUE
  std::vector<std::string> labels;                  ///< KEY=VALUE
  std::vector<std::string> cleared;                 ///< paths, of an update only
};

/// What they come to: the resource, and the paths that were named.
struct GivenResource {
  client::Answer resource;
  std::vector<std::string> mask;
};

/// Adds --file, --set, --label and the shortcuts of the kind.
void AddResourceFlags(CLI::App& app, const client::Kind& kind, ResourceFlags& flags);
/// Adds --clear.
void AddClearFlag(CLI::App& app, ResourceFlags& flags);

/// INVALID_ARGUMENT names the flag or the member.
absl::StatusOr<GivenResource> ReadResource(const client::Kind& kind, const ResourceFlags& flags);

/// The whole of a file of at most 16 MiB, or of standard input for `-`. INVALID_ARGUMENT names it.
absl::StatusOr<std::string> ReadInput(const std::string& path);

}  // namespace carillon::cli
