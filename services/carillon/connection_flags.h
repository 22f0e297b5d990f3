#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/client/contexts.h"
#include "channel.h"

namespace carillon::cli {

/// Which server is called, and as whom, as flags and variables of the environment say it.
struct ConnectionFlags {
  client::Context context;  ///< its name is that of --context
  std::string deadline = "30s";
};

/// What flags, environment and contexts say together.
struct Target {
  Connection connection;
  std::string tenant;  ///< empty: none is said
  std::chrono::milliseconds deadline{0};
};

/// Adds --server (CARILLON_SERVER), --context, --deadline, the flags of the token and of TLS.
void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags);
/// Adds --tenant (CARILLON_TENANT).
void AddTenantFlag(CLI::App& app, ConnectionFlags& flags);

/// Fills what flags and variables leave open from the context, and the rest by defaults. Errors
/// name the flag or the file.
absl::StatusOr<Target> Resolve(const ConnectionFlags& flags);

/// The process's environment.
client::Environment ProcessEnvironment();

}  // namespace carillon::cli
