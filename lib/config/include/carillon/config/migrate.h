#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::config {

/// A configuration that says in today's members what it said before.
struct Migrated {
  std::string text;
  /// `line 12: destinations[0].enabled is now disabled, which says the opposite`, in order. None:
  /// the text is as it was, byte for byte.
  std::vector<std::string> changes;
};

/// Rewrites what an earlier version's file says in other members. Only those are touched: order,
/// comments, quotes, anchors and blank lines stay, but a member that moves takes the comment at the
/// end of its line along and leaves those above it where they are. Values are not checked, and no
/// file that it names is read.
///
/// `under` is the top-level member that holds the configuration, as `config` does in a Helm chart's
/// values; empty: the whole text is one.
///
/// INVALID_ARGUMENT lists up to ten errors, one a line, each beginning with its path: members that
/// no version knew, members that stand beside what took their place, and what cannot be rewritten
/// as it is written (a value over several lines, one that an alias stands for elsewhere).
absl::StatusOr<Migrated> Migrate(std::string_view yaml, std::string_view under = {});

}  // namespace carillon::config
