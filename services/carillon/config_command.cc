#include <cstdio>
#include <memory>

#include "carillon/config/check.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

int Check(const std::string& path, bool no_secrets) {
  const config::Checked checked =
      config::CheckFile(path, no_secrets ? config::Secrets::kSkip : config::Secrets::kRead);
  std::fprintf(checked.good ? stdout : stderr, "%s\n", checked.text.c_str());
  return checked.good ? kExitDone : kExitWrongInput;
}

}  // namespace

void AddConfigCommand(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("config", "Work with configuration files");
  group->require_subcommand(1);
  CLI::App* check = group->add_subcommand("check", "Say whether carillond would take a file");
  check->footer("Exit codes: 0 good; 2 wrong, with an error a line on stderr.");
  const auto path = std::make_shared<std::string>();
  check->add_option("FILE", *path, "The configuration (YAML)")->required();
  const auto no_secrets = std::make_shared<bool>(false);
  check->add_flag("--no-secrets", *no_secrets,
                  "Leave files and variables with secrets, keys and certificates alone");
  check->callback([&chosen, path, no_secrets] {
    chosen = [path, no_secrets] { return Check(*path, *no_secrets); };
  });
}

}  // namespace carillon::cli
