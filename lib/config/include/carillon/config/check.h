#pragma once

#include <optional>
#include <string>

#include "carillon/config/config_file.h"

namespace carillon::config {

/// What checking a file came to, for people.
struct Checked {
  bool good = false;
  /// `FILE: good: 9 destinations, 3 subscriptions, 20 event types`, or the errors, one a line. No
  /// line end behind the last.
  std::string text;
  std::optional<Config> config;  ///< where it is good
};

/// Checks a file as `LoadConfig` would take it. The one text of `carillond --check-config` and of
/// `carillon config check`. With kSkip the text says how much was not looked at.
Checked CheckFile(const std::string& path, Secrets secrets);

}  // namespace carillon::config
