#include <cstdio>
#include <memory>

#include "carillon/config/config.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

int Check(const std::string& path) {
  const auto config = config::LoadConfig(path);
  if (!config.ok()) return Fail(std::string(config.status().message()), kExitWrongInput);
  std::printf("%s: %zu destinations, %zu subscriptions, %zu event types: good\n", path.c_str(),
              config->destinations.size(), config->subscriptions.size(), config->types.size());
  return kExitDone;
}

}  // namespace

void AddConfigCommand(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("config", "Work with configuration files");
  group->require_subcommand(1);
  CLI::App* check = group->add_subcommand("check", "Say whether carillond would take a file");
  check->footer("Exit codes: 0 good; 2 wrong, with an error a line on stderr.");
  const auto path = std::make_shared<std::string>();
  check->add_option("FILE", *path, "The configuration (YAML)")->required();
  check->callback([&chosen, path] { chosen = [path] { return Check(*path); }; });
}

}  // namespace carillon::cli
