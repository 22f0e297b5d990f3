#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "commands.h"

namespace carillon::cli {

/// The filter of dead letters; `filter`, if there is one, must hold too.
std::string DeadFilter(const std::string& filter);
/// `purge`, to the group `dead`.
void AddPurgeDeadCommand(CLI::App& group, Command& chosen);
/// `purge`, to the group `deliveries`.
void AddPurgeDeliveriesCommand(CLI::App& group, Command& chosen);

}  // namespace carillon::cli
