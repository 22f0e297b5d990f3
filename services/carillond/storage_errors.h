#pragma once

#include "absl/status/status.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/metrics/metrics.h"

namespace carillon::server {

/// Counts what the journal tells of. Any thread.
void CountStorageError(metrics::Metrics& metrics, journal::Operation operation,
                       const absl::Status& why);

}  // namespace carillon::server
