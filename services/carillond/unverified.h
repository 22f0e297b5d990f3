#pragma once

#include <cstdint>

#include "carillon/log/log.h"
#include "carillon/model/tls_settings.h"
#include "carillon/resource/snapshot.h"

namespace carillon::server {

/// How many destinations have TLS verification switched off, at the receiver or at its token
/// server. Each is a warning in the log, up to a bound; then one says how many more there are.
uint64_t WarnOfUnverified(const resource::Snapshot& snapshot, log::Logger& logger);

/// The same of the collector of traces, which is no destination.
void WarnOfUnverifiedCollector(const model::TlsSettings& collector, log::Logger& logger);

}  // namespace carillon::server
