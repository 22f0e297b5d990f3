#pragma once

#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// Fills defaults in and checks bounds. `path` is the message's.
void Complete(v1::ServerSettings& server, const Path& path, Errors& errors);
void Complete(v1::JournalSettings& journal, const Path& path, Errors& errors);
void Complete(v1::DeliverySettings& delivery, const Path& path, Errors& errors);
void Complete(v1::LimitSettings& limits, const Path& path, Errors& errors);
void Complete(v1::DeliveryLogSettings& log, const Path& path, Errors& errors);
void Complete(v1::StatisticsSettings& statistics, const Path& path, Errors& errors);
void Complete(v1::ResolverSettings& resolver, const Path& path, Errors& errors);
/// Checks what has no default.
void CheckConsole(const v1::ConsoleSettings& console, const Path& path, Errors& errors);

}  // namespace carillon::resource
