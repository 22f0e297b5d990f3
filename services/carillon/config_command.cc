#include <cstdio>
#include <memory>
#include <optional>

#include "carillon/admin/against.h"
#include "carillon/config/check.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

int CompareWith(const std::string& against, const config::Config& config) {
  const admin::Comparison comparison =
      admin::CompareWithRunning(config, against, admin::kAgainstTimeout);
  if (comparison.result == admin::Compared::kDone) {
    std::printf("%s\n", comparison.text.c_str());
    return kExitDone;
  }
  return Fail(comparison.text,
              comparison.result == admin::Compared::kWrongUrl ? kExitWrongInput : kExitRefused);
}

int Check(const std::string& path, bool no_secrets, const std::optional<std::string>& against) {
  const config::Checked checked =
      config::CheckFile(path, no_secrets ? config::Secrets::kSkip : config::Secrets::kRead);
  std::fprintf(checked.good ? stdout : stderr, "%s\n", checked.text.c_str());
  if (!checked.good) return kExitWrongInput;
  return against ? CompareWith(*against, *checked.config) : kExitDone;
}

}  // namespace

void AddConfigCommand(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("config", "Work with configuration files");
  group->require_subcommand(1);
  AddMigrateCommand(*group, chosen);
  CLI::App* check = group->add_subcommand("check", "Say whether carillond would take a file");
  check->footer(
      "Exit codes: 0 good; 2 wrong, with an error a line on stderr; 1 good, but the server of "
      "--against could not be asked.");
  const auto path = std::make_shared<std::string>();
  check->add_option("FILE", *path, "The configuration (YAML)")->required();
  const auto no_secrets = std::make_shared<bool>(false);
  check->add_flag("--no-secrets", *no_secrets,
                  "Leave files and variables with secrets, keys and certificates alone");
  const auto against = std::make_shared<std::string>();
  const CLI::Option* asked =
      check->add_option("--against", *against,
                        "http://HOST:PORT of a running server's admin port: say how many "
                        "deliveries a reload with FILE gives up, and whether it needs a restart");
  check->callback([&chosen, path, no_secrets, against, asked] {
    // An empty one is wrong, and not the same as none.
    const auto url = asked->count() > 0 ? std::optional(*against) : std::nullopt;
    chosen = [path, no_secrets, url] { return Check(*path, *no_secrets, url); };
  });
}

}  // namespace carillon::cli
