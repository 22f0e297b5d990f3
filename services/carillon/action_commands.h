#pragma once

#include <CLI/CLI.hpp>

#include "carillon/client/kinds.h"
#include "commands.h"

namespace carillon::cli {

/// Adds a command for each method of the kind beyond the standard ones that takes a name and some
/// plain members: `pause`, `enable`, `test` and so on, as far as the contract has them. Flags are
/// the members of its request.
void AddActionCommands(CLI::App& group, const client::Kind& kind, Command& chosen);

}  // namespace carillon::cli
