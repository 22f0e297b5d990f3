#pragma once

#include "carillon/log/log.h"
#include "carillon/resource/difference.h"

namespace carillon::server {

/// Warns once of a change by which destinations come, or change, that have no keys and do not say
/// `unsigned_requests`: how many there are, and one of them.
void WarnOfUnsigned(const resource::Difference& difference, log::Logger& logger);

}  // namespace carillon::server
