#pragma once

#include "admin_front.h"
#include "carillon/log/log.h"
#include "carillon/v1/config.pb.h"

namespace carillon::server {

/// Gives `admin` the console that the settings name, unless they disable it. Where it cannot be
/// read that is logged, and served in its place is a page that says so: delivery goes on without
/// it.
void InstallConsole(const v1::ConsoleSettings& settings, AdminFront& admin, log::Logger& logger);

}  // namespace carillon::server
