#pragma once

#include "carillon/journal/journal.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/metrics/metrics.h"
#include "carillon/resource/config.h"

namespace carillon::server {

/// Returns the journal's options of the configuration.
journal::SqliteJournalOptions JournalOptions(const resource::Config& config);

/// Writes the journal's statistics into `gauges`, `accepting` too.
void Describe(const journal::Journal& journal, metrics::ProcessGauges& gauges);

}  // namespace carillon::server
