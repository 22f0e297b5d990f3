// Made by scripts/metrics.py from lib/metrics/metrics.toml: change that, not this.
#pragma once

#include <array>

#include "carillon/metrics/labels.h"
#include "carillon/model/outcome.h"
#include "carillon/model/shortage.h"
#include "family.h"

namespace carillon::metrics::families {

inline constexpr Family kEventsPublishedTotal{
    "carillon_events_published_total",
    "Events that publishers sent, by what became of them.",
    prometheus::MetricType::Counter,
    {{{"result", kPublishResultNames}}}};
inline constexpr Family kPublishingRefusedTotal{
    "carillon_publishing_refused_total",
    "Events refused though nothing is wrong with them, by why.",
    prometheus::MetricType::Counter,
    {{{"reason", kRefusalNames}}}};
inline constexpr Family kEventsUnroutedTotal{"carillon_events_unrouted_total",
                                             "New events that no destination wants.",
                                             prometheus::MetricType::Counter,
                                             {{{"type", {}}}}};
inline constexpr Family kDeliveriesCreatedTotal{"carillon_deliveries_created_total",
                                                "Deliveries that new events made.",
                                                prometheus::MetricType::Counter,
                                                {{{"type", {}}}}};
inline constexpr Family kPublishDurationSeconds{
    "carillon_publish_duration_seconds",
    "From the arrival of a message of events to its answer.",
    prometheus::MetricType::Histogram,
    {{}}};
inline constexpr Family kPublishingAccepted{
    "carillon_publishing_accepted",
    "1 while events are accepted, 0 while they are refused.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kPublisherConnections{"carillon_publisher_connections",
                                              "Connections of publishers.",
                                              prometheus::MetricType::Gauge,
                                              {{}}};
inline constexpr Family kPublisherCalls{"carillon_publisher_calls",
                                        "Calls of publishers that are open.",
                                        prometheus::MetricType::Gauge,
                                        {{}}};
inline constexpr Family kPublishMemoryBytes{
    "carillon_publish_memory_bytes",
    "Memory of publishers' connections, calls and unfinished messages.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kPublisherConnectionsClosedTotal{
    "carillon_publisher_connections_closed_total",
    "Connections of publishers that the server closed, by why.",
    prometheus::MetricType::Counter,
    {{{"reason", kPublisherCloseNames}}}};
inline constexpr Family kPublisherReadsHeldTotal{
    "carillon_publisher_reads_held_total",
    "Times that a publisher's connection had to wait for its turn to be read.",
    prometheus::MetricType::Counter,
    {{{"reason", kPublisherHoldNames}}}};
inline constexpr Family kTraceContextsIgnoredTotal{
    "carillon_trace_contexts_ignored_total",
    "Trace contexts that were wrong and ignored, by which part.",
    prometheus::MetricType::Counter,
    {{{"part", kTracePartNames}}}};
inline constexpr Family kPayloadMisfitsTotal{
    "carillon_payload_misfits_total",
    "Payloads that did not fit the schema of their event type, by what became of them.",
    prometheus::MetricType::Counter,
    {{{"result", kMisfitNames}}}};
inline constexpr Family kDeduplicationIds{"carillon_deduplication_ids",
                                          "Event ids that are remembered.",
                                          prometheus::MetricType::Gauge,
                                          {{}}};
inline constexpr Family kCommitDurationSeconds{"carillon_commit_duration_seconds",
                                               "Time of a group commit, its sync included.",
                                               prometheus::MetricType::Histogram,
                                               {{}}};
inline constexpr Family kSyncDurationSeconds{"carillon_sync_duration_seconds",
                                             "Time of a sync of the write-ahead file in a commit.",
                                             prometheus::MetricType::Histogram,
                                             {{}}};
inline constexpr Family kStorageErrorsTotal{
    "carillon_storage_errors_total",
    "What went wrong with the store, by what was done.",
    prometheus::MetricType::Counter,
    {{{"operation", kStoreOperationNames}, {"kind", kStoreErrorNames}}}};
inline constexpr Family kRecoveryDurationSeconds{
    "carillon_recovery_duration_seconds",
    "From the opening of the store to accepting events.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kCommitEvents{
    "carillon_commit_events", "Events in a group commit.", prometheus::MetricType::Histogram, {{}}};
inline constexpr Family kCommitRows{"carillon_commit_rows",
                                    "Rows of all kinds in a group commit.",
                                    prometheus::MetricType::Histogram,
                                    {{}}};
inline constexpr Family kJournalLastPosition{"carillon_journal_last_position",
                                             "Position of the newest event in the journal.",
                                             prometheus::MetricType::Gauge,
                                             {{}}};
inline constexpr Family kJournalWatermark{
    "carillon_journal_watermark",
    "Position up to which no event waits for a destination that keeps up.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kJournalFloor{
    "carillon_journal_floor",
    "Position up to which every event is settled for every destination.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kJournalWaitingBytes{"carillon_journal_waiting_bytes",
                                             "Memory of what waits for the next group commit.",
                                             prometheus::MetricType::Gauge,
                                             {{}}};
inline constexpr Family kJournalStoredBytes{"carillon_journal_stored_bytes",
                                            "Size of the journal on disk.",
                                            prometheus::MetricType::Gauge,
                                            {{}}};
inline constexpr Family kDiskFreeBytes{"carillon_disk_free_bytes",
                                       "Free space of the file system of the journal.",
                                       prometheus::MetricType::Gauge,
                                       {{}}};
inline constexpr Family kDiskMinFreeBytes{"carillon_disk_min_free_bytes",
                                          "Free space below which publishing is refused.",
                                          prometheus::MetricType::Gauge,
                                          {{}}};
inline constexpr Family kKeptDeliveries{
    "carillon_kept_deliveries",
    "Deliveries that wait on disk for a retry, or are held or kept.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kDeadKept{"carillon_dead_kept",
                                  "Dead deliveries that the journal keeps.",
                                  prometheus::MetricType::Gauge,
                                  {{}}};
inline constexpr Family kKeptBytes{
    "carillon_kept_bytes", "Bytes of the events of these.", prometheus::MetricType::Gauge, {{}}};
inline constexpr Family kKeptForBytes{
    "carillon_kept_for_bytes",
    "About how many bytes the journal keeps for a destination; the most ten.",
    prometheus::MetricType::Gauge,
    {{{"tenant", {}}, {"destination", {}}}}};
inline constexpr Family kKeptForSinceSeconds{
    "carillon_kept_for_since_seconds",
    "Acceptance of the oldest event that is kept for it, in seconds since the epoch.",
    prometheus::MetricType::Gauge,
    {{{"tenant", {}}, {"destination", {}}}}};
inline constexpr Family kAttemptsTotal{"carillon_attempts_total",
                                       "Attempts of all destinations, by outcome.",
                                       prometheus::MetricType::Counter,
                                       {{{"outcome", model::kOutcomeNames}}}};
inline constexpr Family kAttemptDurationSeconds{
    "carillon_attempt_duration_seconds",
    "Time of an attempt, from its start to its outcome.",
    prometheus::MetricType::Histogram,
    {{{"outcome", model::kOutcomeNames}}}};
inline constexpr Family kAttemptPhaseSeconds{"carillon_attempt_phase_seconds",
                                             "Time of the parts of an attempt.",
                                             prometheus::MetricType::Histogram,
                                             {{{"phase", kAttemptPhaseNames}}}};
inline constexpr Family kAcceptedToFirstAttemptSeconds{
    "carillon_accepted_to_first_attempt_seconds",
    "From acceptance to the start of the first attempt, without what the destination had to be "
    "waited for.",
    prometheus::MetricType::Histogram,
    {{}}};
inline constexpr Family kAcceptedToDeliveredSeconds{
    "carillon_accepted_to_delivered_seconds",
    "From the acceptance of an event to the end of the attempt that delivered it.",
    prometheus::MetricType::Histogram,
    {{}}};
inline constexpr Family kDeliveries{"carillon_deliveries",
                                    "Deliveries that are not finished.",
                                    prometheus::MetricType::Gauge,
                                    {{{"state", kDeliveryStateNames}}}};
inline constexpr Family kInFlightLimit{"carillon_in_flight_limit",
                                       "Attempts that may be in flight at once.",
                                       prometheus::MetricType::Gauge,
                                       {{}}};
inline constexpr Family kRetryOverdueSeconds{
    "carillon_retry_overdue_seconds",
    "How long ago the oldest retry whose time has come should have gone.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kRetriesHeldTotal{
    "carillon_retries_held_total",
    "Times that a destination's retries were due and had to wait.",
    prometheus::MetricType::Counter,
    {{{"reason", kDeferredByNames}}}};
inline constexpr Family kBreakerTransitionsTotal{
    "carillon_breaker_transitions_total",
    "Changes of breakers, by the state that they changed to.",
    prometheus::MetricType::Counter,
    {{{"state", kBreakerStateNames}}}};
inline constexpr Family kDeliveredTotal{"carillon_delivered_total",
                                        "Deliveries that succeeded.",
                                        prometheus::MetricType::Counter,
                                        {{}}};
inline constexpr Family kDeadTotal{
    "carillon_dead_total", "Deliveries that were given up.", prometheus::MetricType::Counter, {{}}};
inline constexpr Family kGivenUpTotal{"carillon_given_up_total",
                                      "Deliveries that were given up unsent, by reason.",
                                      prometheus::MetricType::Counter,
                                      {{{"reason", kGivenUpNames}}}};
inline constexpr Family kRetryAfterIgnoredTotal{"carillon_retry_after_ignored_total",
                                                "Retry-After headers that made no sense.",
                                                prometheus::MetricType::Counter,
                                                {{}}};
inline constexpr Family kGuardRefusedTotal{"carillon_guard_refused_total",
                                           "Connections that the guard did not let be made.",
                                           prometheus::MetricType::Counter,
                                           {{}}};
inline constexpr Family kLocalShortageTotal{
    "carillon_local_shortage_total",
    "Times this machine was short of something that an attempt needed, by what was done.",
    prometheus::MetricType::Counter,
    {{{"resource", model::kResourceNames}, {"effect", model::kShortageEffectNames}}}};
inline constexpr Family kDestinationConnections{
    "carillon_destination_connections",
    "Connections to destinations, their proxies and token servers.",
    prometheus::MetricType::Gauge,
    {{{"state", kConnectionStateNames}}}};
inline constexpr Family kTlsHandshakesTotal{"carillon_tls_handshakes_total",
                                            "TLS handshakes with destinations by how they ended.",
                                            prometheus::MetricType::Counter,
                                            {{{"result", kTlsResultNames}}}};
inline constexpr Family kDestinationConnectionsLimit{
    "carillon_destination_connections_limit",
    "As many connections to destinations as there are descriptors for.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kDnsLookupsTotal{"carillon_dns_lookups_total",
                                         "Look-ups at the name servers, by how they ended.",
                                         prometheus::MetricType::Counter,
                                         {{{"result", kDnsResultNames}}}};
inline constexpr Family kDnsLookupsInFlight{"carillon_dns_lookups_in_flight",
                                            "Look-ups at the name servers that are under way.",
                                            prometheus::MetricType::Gauge,
                                            {{}}};
inline constexpr Family kDnsStaleAnswersTotal{
    "carillon_dns_stale_answers_total",
    "Answers past their TTL, given because the name servers gave none.",
    prometheus::MetricType::Counter,
    {{}}};
inline constexpr Family kTokenFetchesTotal{"carillon_token_fetches_total",
                                           "Requests to token servers, by whether a token came.",
                                           prometheus::MetricType::Counter,
                                           {{{"result", kTokenNames}}}};
inline constexpr Family kKeySetFetchesTotal{"carillon_key_set_fetches_total",
                                            "Fetches of issuers' key sets, by whether a set came.",
                                            prometheus::MetricType::Counter,
                                            {{{"result", kTokenNames}}}};
inline constexpr Family kDestinationsUnverified{
    "carillon_destinations_unverified",
    "Destinations for which TLS verification is switched off.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kOldestReadyAgeSeconds{
    "carillon_oldest_ready_age_seconds",
    "Time since the acceptance of the oldest delivery that waits for its turn.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kDestinations{"carillon_destinations",
                                      "Destinations by state.",
                                      prometheus::MetricType::Gauge,
                                      {{{"state", kDestinationStateNames}}}};
inline constexpr Family kDestinationAttemptsTotal{
    "carillon_destination_attempts_total",
    "Attempts of a destination by outcome.",
    prometheus::MetricType::Counter,
    {{{"tenant", {}}, {"destination", {}}, {"outcome", model::kOutcomeNames}}}};
inline constexpr Family kDestinationDeliveries{
    "carillon_destination_deliveries",
    "Deliveries of a destination that are not finished.",
    prometheus::MetricType::Gauge,
    {{{"tenant", {}}, {"destination", {}}, {"state", kDeliveryStateNames}}}};
inline constexpr Family kDestinationDeliveredTotal{"carillon_destination_delivered_total",
                                                   "Deliveries of a destination that succeeded.",
                                                   prometheus::MetricType::Counter,
                                                   {{{"tenant", {}}, {"destination", {}}}}};
inline constexpr Family kDestinationDeadTotal{"carillon_destination_dead_total",
                                              "Deliveries of a destination that were given up.",
                                              prometheus::MetricType::Counter,
                                              {{{"tenant", {}}, {"destination", {}}}}};
inline constexpr Family kDestinationOldestReadyAgeSeconds{
    "carillon_destination_oldest_ready_age_seconds",
    "Time since the acceptance of the oldest delivery of a destination that waits for its turn.",
    prometheus::MetricType::Gauge,
    {{{"tenant", {}}, {"destination", {}}}}};
inline constexpr Family kBuildInfo{"carillon_build_info",
                                   "Always 1; the labels tell what runs.",
                                   prometheus::MetricType::Gauge,
                                   {{{"version", {}}, {"compiler", {}}}}};
inline constexpr Family kConfigReloadsTotal{
    "carillon_config_reloads_total",
    "Configurations read while running, by whether they were taken.",
    prometheus::MetricType::Counter,
    {{{"result", kReloadNames}}}};
inline constexpr Family kTraceSpansTotal{"carillon_trace_spans_total",
                                         "Spans of traces, by what became of them.",
                                         prometheus::MetricType::Counter,
                                         {{{"result", kTraceSpanNames}}}};
inline constexpr Family kConfigReloadDurationSeconds{
    "carillon_config_reload_duration_seconds",
    "Time from reading a configuration to its being in force.",
    prometheus::MetricType::Histogram,
    {{}}};
inline constexpr Family kConfigLastReloadSuccessful{
    "carillon_config_last_reload_successful",
    "1 unless the last configuration that was read was refused.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kConfigGeneration{"carillon_config_generation",
                                          "Revision of the configuration in force.",
                                          prometheus::MetricType::Gauge,
                                          {{}}};
inline constexpr Family kConfigInfo{"carillon_config_info",
                                    "Always 1; the hash is that of the configuration.",
                                    prometheus::MetricType::Gauge,
                                    {{{"hash", {}}}}};
inline constexpr Family kCertificateNotAfterSeconds{
    "carillon_certificate_not_after_seconds",
    "End of a certificate that Carillon holds, in seconds since the epoch; the ten soonest.",
    prometheus::MetricType::Gauge,
    {{{"use", kCertificateUseNames}, {"tenant", {}}, {"destination", {}}}}};
inline constexpr Family kLogLinesDroppedTotal{"carillon_log_lines_dropped_total",
                                              "Log lines that their reader was too slow for.",
                                              prometheus::MetricType::Counter,
                                              {{}}};
inline constexpr Family kDeliveryLogAttemptsTotal{
    "carillon_delivery_log_attempts_total",
    "Attempts that were handed over to the delivery log, by what became of them.",
    prometheus::MetricType::Counter,
    {{{"result", kDeliveryLogAttemptNames}}}};
inline constexpr Family kDeliveryLogRows{"carillon_delivery_log_rows",
                                         "Attempts in the delivery log.",
                                         prometheus::MetricType::Gauge,
                                         {{}}};
inline constexpr Family kDeliveryLogBytes{"carillon_delivery_log_bytes",
                                          "Bytes of the files of the delivery log.",
                                          prometheus::MetricType::Gauge,
                                          {{}}};
inline constexpr Family kDeliveryLogFreedBytesTotal{
    "carillon_delivery_log_freed_bytes_total",
    "Bytes that retention of the delivery log freed.",
    prometheus::MetricType::Counter,
    {{}}};
inline constexpr Family kDeliveryLogDamagedTotal{
    "carillon_delivery_log_damaged_total",
    "Segments of the delivery log that were damaged and set aside.",
    prometheus::MetricType::Counter,
    {{}}};
inline constexpr Family kDeliveryLogFailing{
    "carillon_delivery_log_failing",
    "1 while attempts are not logged: the disk is full, or a write failed.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kStatisticsEntriesTotal{
    "carillon_statistics_entries_total",
    "Attempts that were handed over to be counted, by what became of them.",
    prometheus::MetricType::Counter,
    {{{"result", kStatisticsEntryNames}}}};
inline constexpr Family kStatisticsWithoutSubjectTotal{
    "carillon_statistics_without_subject_total",
    "Of those, how many were counted with their tenant or in all only.",
    prometheus::MetricType::Counter,
    {{}}};
inline constexpr Family kStatisticsSubjects{
    "carillon_statistics_subjects",
    "Destinations and tenants that have statistics of their own.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kStatisticsBytes{"carillon_statistics_bytes",
                                         "Bytes of the file of the statistics that are in use.",
                                         prometheus::MetricType::Gauge,
                                         {{}}};
inline constexpr Family kStatisticsDamagedTotal{
    "carillon_statistics_damaged_total",
    "Files of statistics that were damaged and set aside.",
    prometheus::MetricType::Counter,
    {{}}};
inline constexpr Family kStatisticsFailing{
    "carillon_statistics_failing",
    "1 while statistics are not written: the disk is full, or a write failed.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kProcessCpuSecondsTotal{
    "process_cpu_seconds_total",
    "User and system CPU time of the process in seconds.",
    prometheus::MetricType::Counter,
    {{}}};
inline constexpr Family kProcessResidentMemoryBytes{"process_resident_memory_bytes",
                                                    "Resident memory of the process.",
                                                    prometheus::MetricType::Gauge,
                                                    {{}}};
inline constexpr Family kProcessVirtualMemoryBytes{"process_virtual_memory_bytes",
                                                   "Virtual memory of the process.",
                                                   prometheus::MetricType::Gauge,
                                                   {{}}};
inline constexpr Family kProcessOpenFds{
    "process_open_fds", "File descriptors that are open.", prometheus::MetricType::Gauge, {{}}};
inline constexpr Family kProcessMaxFds{"process_max_fds",
                                       "File descriptors that can be open at once.",
                                       prometheus::MetricType::Gauge,
                                       {{}}};
inline constexpr Family kProcessStartTimeSeconds{
    "process_start_time_seconds",
    "Start of the process in seconds since the Unix epoch.",
    prometheus::MetricType::Gauge,
    {{}}};
inline constexpr Family kProcessThreads{
    "process_threads", "Threads of the process.", prometheus::MetricType::Gauge, {{}}};

/// Every one, in the order of docs/metrics.md.
inline constexpr std::array<const Family*, 92> kAll = {&kEventsPublishedTotal,
                                                       &kPublishingRefusedTotal,
                                                       &kEventsUnroutedTotal,
                                                       &kDeliveriesCreatedTotal,
                                                       &kPublishDurationSeconds,
                                                       &kPublishingAccepted,
                                                       &kPublisherConnections,
                                                       &kPublisherCalls,
                                                       &kPublishMemoryBytes,
                                                       &kPublisherConnectionsClosedTotal,
                                                       &kPublisherReadsHeldTotal,
                                                       &kTraceContextsIgnoredTotal,
                                                       &kPayloadMisfitsTotal,
                                                       &kDeduplicationIds,
                                                       &kCommitDurationSeconds,
                                                       &kSyncDurationSeconds,
                                                       &kStorageErrorsTotal,
                                                       &kRecoveryDurationSeconds,
                                                       &kCommitEvents,
                                                       &kCommitRows,
                                                       &kJournalLastPosition,
                                                       &kJournalWatermark,
                                                       &kJournalFloor,
                                                       &kJournalWaitingBytes,
                                                       &kJournalStoredBytes,
                                                       &kDiskFreeBytes,
                                                       &kDiskMinFreeBytes,
                                                       &kKeptDeliveries,
                                                       &kDeadKept,
                                                       &kKeptBytes,
                                                       &kKeptForBytes,
                                                       &kKeptForSinceSeconds,
                                                       &kAttemptsTotal,
                                                       &kAttemptDurationSeconds,
                                                       &kAttemptPhaseSeconds,
                                                       &kAcceptedToFirstAttemptSeconds,
                                                       &kAcceptedToDeliveredSeconds,
                                                       &kDeliveries,
                                                       &kInFlightLimit,
                                                       &kRetryOverdueSeconds,
                                                       &kRetriesHeldTotal,
                                                       &kBreakerTransitionsTotal,
                                                       &kDeliveredTotal,
                                                       &kDeadTotal,
                                                       &kGivenUpTotal,
                                                       &kRetryAfterIgnoredTotal,
                                                       &kGuardRefusedTotal,
                                                       &kLocalShortageTotal,
                                                       &kDestinationConnections,
                                                       &kTlsHandshakesTotal,
                                                       &kDestinationConnectionsLimit,
                                                       &kDnsLookupsTotal,
                                                       &kDnsLookupsInFlight,
                                                       &kDnsStaleAnswersTotal,
                                                       &kTokenFetchesTotal,
                                                       &kKeySetFetchesTotal,
                                                       &kDestinationsUnverified,
                                                       &kOldestReadyAgeSeconds,
                                                       &kDestinations,
                                                       &kDestinationAttemptsTotal,
                                                       &kDestinationDeliveries,
                                                       &kDestinationDeliveredTotal,
                                                       &kDestinationDeadTotal,
                                                       &kDestinationOldestReadyAgeSeconds,
                                                       &kBuildInfo,
                                                       &kConfigReloadsTotal,
                                                       &kTraceSpansTotal,
                                                       &kConfigReloadDurationSeconds,
                                                       &kConfigLastReloadSuccessful,
                                                       &kConfigGeneration,
                                                       &kConfigInfo,
                                                       &kCertificateNotAfterSeconds,
                                                       &kLogLinesDroppedTotal,
                                                       &kDeliveryLogAttemptsTotal,
                                                       &kDeliveryLogRows,
                                                       &kDeliveryLogBytes,
                                                       &kDeliveryLogFreedBytesTotal,
                                                       &kDeliveryLogDamagedTotal,
                                                       &kDeliveryLogFailing,
                                                       &kStatisticsEntriesTotal,
                                                       &kStatisticsWithoutSubjectTotal,
                                                       &kStatisticsSubjects,
                                                       &kStatisticsBytes,
                                                       &kStatisticsDamagedTotal,
                                                       &kStatisticsFailing,
                                                       &kProcessCpuSecondsTotal,
                                                       &kProcessResidentMemoryBytes,
                                                       &kProcessVirtualMemoryBytes,
                                                       &kProcessOpenFds,
                                                       &kProcessMaxFds,
                                                       &kProcessStartTimeSeconds,
                                                       &kProcessThreads};

}  // namespace carillon::metrics::families
