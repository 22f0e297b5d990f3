#include "carillon/config/config_file.h"
#include "targets.h"

namespace carillon::fuzz {

void Yaml(std::string_view input) {
  // Files and variables are not looked at, so that an input reads nothing of this machine.
  const auto config = config::ParseConfig(input, config::Secrets::kSkip);
  Require(config.ok() || !config.status().message().empty());
  if (!config.ok()) return;
  for (const auto& destination : config->destinations) {
    Require(!destination.name.empty() && !destination.url.empty());
    Require(destination.concurrency >= 1);
  }
}

}  // namespace carillon::fuzz
