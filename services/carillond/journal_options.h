#pragma once

#include "carillon/config/config.h"
#include "carillon/journal/journal.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/metrics/metrics.h"

namespace carillon::server {

/// What the configuration says of the journal, in the journal's words.
journal::SqliteJournalOptions JournalOptions(const config::Config& config);

/// Writes what the journal tells of itself into `gauges`. `accepting` is left alone.
void Describe(const journal::Journal::Stats& stats, metrics::ProcessGauges& gauges);

}  // namespace carillon::server
