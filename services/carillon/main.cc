#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string_view>

#include "../common/arguments.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {

void Say(const std::string& message) { std::fprintf(stderr, "carillon: %s\n", message.c_str()); }

int Fail(const std::string& message, int code) {
  Say(message);
  return code;
}

absl::StatusOr<std::chrono::milliseconds> ParseDurationFlag(const std::string& flag,
                                                            const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration() ||
      duration > absl::Hours(24 * 365)) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " must be a time such as 500ms or 30s"));
  }
  return absl::ToChronoMilliseconds(duration);
}

namespace {

int Run(int argc, char** argv) {
  CLI::App app(
      "Talks to carillond: publishes events, manages what is configured, shows what was delivered.",
      "carillon");
  app.footer(kExitCodeHelp);
  app.set_version_flag("--version", "carillon " CARILLON_VERSION);
  app.require_subcommand(1);
  Command chosen;
  AddPublishCommand(app, chosen);
  AddConfigCommand(app, chosen);
  AddHealthCommand(app, chosen);
  AddGenericCommands(app, chosen);
  AddKindCommands(app, chosen);
  AddApplyCommand(app, chosen);
  AddExportCommand(app, chosen);
  AddStatusCommands(app, chosen);
  AddDeadCommand(app, chosen);
  AddReplayCommand(app, chosen);
  AddSummaryCommand(app, chosen);
  AddStatsCommand(app, chosen);
  AddListenCommand(app, chosen);
  AddTriggerCommand(app, chosen);
  AddCompletionCommand(app, chosen);
  AddContextCommand(app, chosen);
  AddStoreCommand(app, chosen);
  app.add_subcommand("version", "Print the version")->callback([&chosen] {
    chosen = [] {
      std::puts("carillon " CARILLON_VERSION);
      return static_cast<int>(kExitDone);
    };
  });
  if (argc > 1 && std::string_view(argv[1]) == "__complete") {
    return PrintCandidates(app, {argv + 2, argv + argc});
  }
  if (argc > 1 && std::string_view(argv[1]) == "__reference") {
    return WriteReference(app, {argv + 2, argv + argc});
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return arguments::Explain(app, error, argc, argv) ? kExitDone : kExitWrongInput;
  }
  return chosen();
}

}  // namespace
}  // namespace carillon::cli

int main(int argc, char** argv) {
  int code = carillon::cli::kExitWrongInput;
  try {
    code = carillon::cli::Run(argc, argv);
  } catch (const std::exception& error) {
    carillon::cli::Say(error.what());
  }
  // All is said and done; gRPC's threads (see client.cc) are not waited for.
  std::fflush(nullptr);
  _exit(code);
}
