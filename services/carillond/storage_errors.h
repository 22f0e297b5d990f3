#pragma once

#include "absl/status/status.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/metrics/metrics.h"

namespace carillon::server {

/// Counts an error that the journal reported. Any thread.
void CountStorageError(metrics::Metrics& metrics, journal::Operation operation,
                       const absl::Status& why);

}  // namespace carillon::server
