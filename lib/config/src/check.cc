#include "carillon/config/check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::config {
namespace {

std::string Count(size_t n, std::string_view what) {
  return absl::StrCat(n, " ", base::ToAbsl(what), n == 1 ? "" : "s");
}

}  // namespace

Checked CheckFile(const std::string& path, Secrets secrets) {
  absl::StatusOr<Config> config = LoadConfig(path, secrets);
  if (!config.ok()) return {false, std::string(config.status().message()), std::nullopt};
  std::string text =
      absl::StrCat(path, ": good: ", Count(config->destinations.size(), "destination"), ", ",
                   Count(config->subscriptions.size(), "subscription"), ", ",
                   Count(config->types.size(), "event type"));
  if (secrets == Secrets::kSkip) {
    absl::StrAppend(&text, "; not looked at (--no-secrets): ", config->skipped,
                    config->skipped == 1 ? " secret, key or certificate in a file or variable"
                                         : " secrets, keys or certificates in files and variables");
  }
  return {true, std::move(text), *std::move(config)};
}

}  // namespace carillon::config
