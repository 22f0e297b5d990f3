#pragma once

#include <cstdint>
#include <span>

#include "carillon/log/log.h"
#include "carillon/model/destination.h"

namespace carillon::server {

/// How many destinations have TLS verification switched off, at the receiver or at its token
/// server. Each is a warning in the log, up to a bound; then one says how many more there are.
uint64_t WarnOfUnverified(std::span<const model::Destination> destinations, log::Logger& logger);

}  // namespace carillon::server
