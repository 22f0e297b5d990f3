#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "publish_client.h"

namespace carillon::cli {

/// A subcommand that was chosen: runs it and returns the exit code.
using Command = std::function<int()>;

// Each adds a subcommand to `app`; when the arguments choose it, `chosen` becomes what to run.
void AddPublishCommand(CLI::App& app, Command& chosen);
void AddConfigCommand(CLI::App& app, Command& chosen);
/// To the group `config`.
void AddMigrateCommand(CLI::App& group, Command& chosen);
void AddHealthCommand(CLI::App& app, Command& chosen);
void AddKeysCommand(CLI::App& app, Command& chosen);
void AddTokensCommand(CLI::App& app, Command& chosen);
void AddStoreCommand(CLI::App& app, Command& chosen);

/// Adds --address (CARILLON_ADDRESS), --deadline and the flags of TLS.
void AddConnectionFlags(CLI::App& app, Connection& connection, std::string& deadline);

/// `500ms`, `2s`, `1m30s`. INVALID_ARGUMENT names the flag.
absl::StatusOr<std::chrono::milliseconds> ParseDurationFlag(const std::string& flag,
                                                            const std::string& text);

/// Prints `carillon: message` to standard error.
void Say(const std::string& message);

/// The same, and returns `code`.
int Fail(const std::string& message, int code);

}  // namespace carillon::cli
