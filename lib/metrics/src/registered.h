#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <string>

#include "carillon/metrics/metrics.h"

namespace carillon::metrics {

/// Counters, one for each value of a label.
template <size_t kCount>
using Counters = std::array<prometheus::Counter*, kCount>;

/// The series of the whole process that no thread has to itself: those without a label, and those
/// whose labels have a closed set of values. All are there from the start, at 0, and stay as long
/// as the registry. Thread-safe, as the registry's series are.
struct RegisteredSeries {
  RegisteredSeries(prometheus::Registry& registry, const std::string& version);

  // By the values of their label.
  Counters<kPublishResultCount> published;
  Counters<kRefusalCount> refused;
  Counters<kTracePartCount> trace_ignored;
  Counters<kMisfitCount> misfits;
  Counters<kDnsResultCount> dns_lookups;
  Counters<kTlsResultCount> tls_handshakes;
  Counters<kGivenUpCount> given_up;
  Counters<2> reloads;          ///< that failed, that did not
  Counters<2> token_fetches;    ///< that failed, that did not
  Counters<2> key_set_fetches;  ///< the same

  // By two labels: the index is that of the first, times the values of the second, plus that.
  Counters<size_t{kStoreOperationCount} * kStoreErrorCount> store_errors;
  Counters<size_t{model::kResourceCount} * model::kShortageEffectCount> shortages;

  // Without a label.
  prometheus::Counter* retry_after_ignored;
  prometheus::Counter* guard_refused;
  prometheus::Counter* dns_stale;
  prometheus::Gauge* dns_in_flight;
  prometheus::Gauge* generation;
  prometheus::Gauge* last_reload;
  prometheus::Gauge* recovery_seconds;
  prometheus::Histogram* publish_seconds;
  prometheus::Histogram* commit_seconds;
  prometheus::Histogram* commit_events;
  prometheus::Histogram* commit_rows;
  prometheus::Histogram* sync_seconds;
  prometheus::Histogram* reload_seconds;
};

}  // namespace carillon::metrics
