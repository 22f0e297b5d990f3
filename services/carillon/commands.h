#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::cli {

/// A subcommand that was chosen: runs it and returns the exit code.
using Command = std::function<int()>;

// Each adds a subcommand to `app`; when the arguments choose it, `chosen` becomes what to run.
void AddPublishCommand(CLI::App& app, Command& chosen);
void AddConfigCommand(CLI::App& app, Command& chosen);
/// To the group `config`.
void AddMigrateCommand(CLI::App& group, Command& chosen);
void AddHealthCommand(CLI::App& app, Command& chosen);
/// `generate`, to the group `keys`.
void AddGenerateKeyCommand(CLI::App& group, Command& chosen);
/// `rewrap`, to the group `keys`.
void AddRewrapCommand(CLI::App& group, Command& chosen);
/// `generate`, to the group `tokens`.
void AddGenerateTokenCommand(CLI::App& group, Command& chosen);
void AddStoreCommand(CLI::App& app, Command& chosen);
void AddApplyCommand(CLI::App& app, Command& chosen);
void AddExportCommand(CLI::App& app, Command& chosen);
/// `list`, `resend` and `purge` of dead letters.
void AddDeadCommand(CLI::App& app, Command& chosen);
/// `tail`, to the group `deliveries`.
void AddTailCommand(CLI::App& group, Command& chosen);
/// `explain`, to the group `events`.
void AddExplainCommand(CLI::App& group, Command& chosen);
/// `import`, to the group `event-types`.
void AddImportCommand(CLI::App& group, Command& chosen);
/// `members`, to the group `event-types`.
void AddMembersCommand(CLI::App& group, Command& chosen);
/// `check-url`, to the group `destinations`.
void AddCheckUrlCommand(CLI::App& group, Command& chosen);
/// `preview`, to the group `subscriptions`.
void AddPreviewCommand(CLI::App& group, Command& chosen);
void AddReplayCommand(CLI::App& app, Command& chosen);
void AddSummaryCommand(CLI::App& app, Command& chosen);
void AddStatsCommand(CLI::App& app, Command& chosen);
void AddListenCommand(CLI::App& app, Command& chosen);
void AddTriggerCommand(CLI::App& app, Command& chosen);
/// `status`, `whoami` and `settings`.
void AddStatusCommands(CLI::App& app, Command& chosen);
void AddSettingsCommand(CLI::App& app, Command& chosen);
void AddContextCommand(CLI::App& app, Command& chosen);
void AddCompletionCommand(CLI::App& app, Command& chosen);
/// `get`, `describe` and `delete` of any kind of resources.
void AddGenericCommands(CLI::App& app, Command& chosen);
/// A group for each kind: `destinations`, `keys`, ...
void AddKindCommands(CLI::App& app, Command& chosen);

/// Prints how a command line can go on, a line each; `words` are those behind the program's name,
/// the last one as far as it is typed. Returns the exit code.
int PrintCandidates(const CLI::App& app, std::vector<std::string> words);
/// Writes the reference of all commands: `markdown` to standard output, `man` as files to a folder.
/// Returns the exit code.
int WriteReference(const CLI::App& app, const std::vector<std::string>& words);

/// `500ms`, `2s`, `1m30s`. INVALID_ARGUMENT names the flag.
absl::StatusOr<std::chrono::milliseconds> ParseDurationFlag(const std::string& flag,
                                                            const std::string& text);

/// Prints `carillon: message` to standard error.
void Say(const std::string& message);

/// The same, and returns `code`.
int Fail(const std::string& message, int code);

}  // namespace carillon::cli
