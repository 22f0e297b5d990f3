#include <cstdio>
#include <memory>
#include <string>

#include "carillon/journal/store_tools.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

constexpr int kExitFindings = 3;

/// Facts to standard output, findings behind them.
int Print(const absl::StatusOr<journal::StoreReport>& report, const char* finding,
          const std::string& good) {
  if (!report.ok()) return Fail(std::string(report.status().message()), kExitRefused);
  for (const std::string& line : report->facts) std::printf("%s\n", line.c_str());
  for (const std::string& line : report->findings) std::printf("%s: %s\n", finding, line.c_str());
  if (report->findings.empty()) std::printf("%s\n", good.c_str());
  return report->findings.empty() ? kExitDone : kExitFindings;
}

}  // namespace

void AddStoreCommand(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("store", "Look at, and mend, a store that nobody runs");
  group->require_subcommand(1);
  const auto folder = std::make_shared<std::string>();
  CLI::App* verify = group->add_subcommand(
      "verify", "Read all of a store, change nothing, and say what is damaged or missing");
  verify->add_option("--data-dir", *folder, "The folder (journal.data_dir)")->required();
  verify->footer(
      "Exit codes: 0 sound; 1 it cannot be read, or is in use; 2 wrong arguments; 3 "
      "something is damaged or missing.");
  verify->callback([&chosen, folder] {
    chosen = [folder] { return Print(journal::VerifyStore(*folder), "damaged", "sound"); };
  });
  const auto to = std::make_shared<std::string>();
  CLI::App* salvage = group->add_subcommand(
      "salvage", "Copy what can be read of a store into a new one, and say what was dropped");
  salvage->add_option("--data-dir", *folder, "The folder (journal.data_dir); it stays as it is")
      ->required();
  salvage->add_option("--to", *to, "The new folder; absent or empty")->required();
  salvage->footer(
      "Then start carillond with the new folder, or put it in the old one's place.\n"
      "Exit codes: 0 all was copied; 1 nothing can be read, the store is in use, or "
      "the new folder cannot be written; 2 wrong arguments; 3 copied, but for what "
      "the lines say.");
  salvage->callback([&chosen, folder, to] {
    chosen = [folder, to] {
      return Print(journal::SalvageStore(*folder, *to), "dropped", "all of it was copied");
    };
  });
}

}  // namespace carillon::cli
