// Made by scripts/metrics.py from lib/metrics/metrics.toml: change that, not this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon::metrics {

/// What became of published events: label `result` of `carillon_events_published_total`.
enum class PublishResult : uint8_t {
  /// durable
  kAccepted,
  /// known already, answered with the first position
  kDuplicate,
  kInvalid,
  /// too much waits for the disk, or it is nearly full
  kOverload,
  /// the process stops, or the journal failed
  kUnavailable,
};
inline constexpr size_t kPublishResultCount = 5;
inline constexpr std::array<std::string_view, kPublishResultCount> kPublishResultNames = {
    "accepted", "duplicate", "invalid", "overload", "unavailable"};

/// Why events that were sent were refused though nothing was wrong with them: label `reason` of
/// `carillon_publishing_refused_total`.
enum class Refusal : uint8_t {
  /// the journal's disk is full, or nearly
  kDiskFull,
  /// too much waits for the disk
  kWaiting,
  /// too many streams are open: streams, one each, not events
  kStreams,
  /// the quota of the token or the tenant is used up
  kQuota,
  /// the process stops
  kStopping,
  /// the journal cannot write any more; the process ends
  kJournalFailed,
};
inline constexpr size_t kRefusalCount = 6;
inline constexpr std::array<std::string_view, kRefusalCount> kRefusalNames = {
    "disk_full", "waiting", "streams", "quota", "stopping", "journal_failed"};

/// What of a trace context was ignored because it was wrong: label `part` of
/// `carillon_trace_contexts_ignored_total`.
enum class TracePart : uint8_t {
  /// and with it the whole context
  kTraceparent,
  /// alone
  kTracestate,
};
inline constexpr size_t kTracePartCount = 2;
inline constexpr std::array<std::string_view, kTracePartCount> kTracePartNames = {"traceparent",
                                                                                  "tracestate"};

/// What became of payloads that did not fit the schema of their event type: label `result` of
/// `carillon_payload_misfits_total`.
enum class Misfit : uint8_t {
  /// they were taken all the same
  kWarned,
  /// and with them their requests
  kRefused,
};
inline constexpr size_t kMisfitCount = 2;
inline constexpr std::array<std::string_view, kMisfitCount> kMisfitNames = {"warned", "refused"};

/// What became of spans: label `result` of `carillon_trace_spans_total`.
inline constexpr std::array<std::string_view, 3> kTraceSpanNames = {"exported", "dropped",
                                                                    "rejected"};

/// What became of attempts that were handed over to the delivery log: label `result` of
/// `carillon_delivery_log_attempts_total`.
inline constexpr std::array<std::string_view, 3> kDeliveryLogAttemptNames = {
    "written", "dropped_queue", "dropped_disk"};

/// What became of what was handed over to be counted: label `result` of
/// `carillon_statistics_entries_total`.
inline constexpr std::array<std::string_view, 3> kStatisticsEntryNames = {
    "written", "dropped_queue", "dropped_disk"};

/// Why publishers' connections were closed: label `reason` of
/// `carillon_publisher_connections_closed_total`.
inline constexpr std::array<std::string_view, 5> kPublisherCloseNames = {"flood", "memory", "calls",
                                                                         "gave_way", "refused"};

/// Why a publisher's connection was not read at once: label `reason` of
/// `carillon_publisher_reads_held_total`.
inline constexpr std::array<std::string_view, 1> kPublisherHoldNames = {"turn"};

/// What was done with the store: label `operation` of `carillon_storage_errors_total`.
enum class StoreOperation : uint8_t {
  /// a transaction: events, outcomes, lanes
  kWrite,
  /// backlog, retries
  kRead,
  /// copying the write-ahead file into the database
  kCheckpoint,
  /// looking for what may be removed, or is kept
  kRetention,
  /// they are not those that were opened, or were cut
  kFiles,
};
inline constexpr size_t kStoreOperationCount = 5;
inline constexpr std::array<std::string_view, kStoreOperationCount> kStoreOperationNames = {
    "write", "read", "checkpoint", "retention", "files"};

/// How something went wrong with the store: label `kind` of `carillon_storage_errors_total`.
enum class StoreError : uint8_t {
  /// the disk
  kFull,
  /// another process holds the database
  kBusy,
  kDamaged,
  /// permissions
  kDenied,
  kIo,
};
inline constexpr size_t kStoreErrorCount = 5;
inline constexpr std::array<std::string_view, kStoreErrorCount> kStoreErrorNames = {
    "full", "busy", "damaged", "denied", "io"};

/// How a TLS handshake with a destination or a token server ended: label `result` of
/// `carillon_tls_handshakes_total`.
enum class TlsResult : uint8_t {
  /// a new session
  kOk,
  /// the session of an earlier connection
  kResumed,
  /// certificate, protocol, alert, or the connection broke
  kFailed,
  kTimeout,
};
inline constexpr size_t kTlsResultCount = 4;
inline constexpr std::array<std::string_view, kTlsResultCount> kTlsResultNames = {
    "ok", "resumed", "failed", "timeout"};

/// Why retries whose time had come had to wait: label `reason` of `carillon_retries_held_total`.
enum class DeferredBy : uint8_t {
  /// the retry budget is spent
  kBudget,
  /// the circuit breaker is open
  kBreaker,
  /// the receiver asked for one
  kPause,
  /// the rate limit is reached
  kRate,
};
inline constexpr size_t kDeferredByCount = 4;
inline constexpr std::array<std::string_view, kDeferredByCount> kDeferredByNames = {
    "budget", "breaker", "pause", "rate"};

/// What a circuit breaker changed to: label `state` of `carillon_breaker_transitions_total`.
enum class BreakerState : uint8_t {
  kOpen,
  /// one attempt goes, then more
  kHalfOpen,
  kClosed,
};
inline constexpr size_t kBreakerStateCount = 3;
inline constexpr std::array<std::string_view, kBreakerStateCount> kBreakerStateNames = {
    "open", "half_open", "closed"};

/// How a lookup at the name servers ended: label `result` of `carillon_dns_lookups_total`.
enum class DnsResult : uint8_t {
  kOk,
  /// no such host, or it has no address
  kNotFound,
  /// the name servers were silent
  kTimeout,
  /// they refused, failed or sent nonsense
  kError,
  /// no descriptor or memory to ask with
  kLocal,
};
inline constexpr size_t kDnsResultCount = 5;
inline constexpr std::array<std::string_view, kDnsResultCount> kDnsResultNames = {
    "ok", "not_found", "timeout", "error", "local"};

/// Why deliveries were given up without an attempt that was their last: label `reason` of
/// `carillon_given_up_total`.
enum class GivenUp : uint8_t {
  /// more was kept than one of the bounds
  kTooMuch,
  /// more was kept for all destinations of its tenant than `max_backlog_bytes` of its limits
  kTenantTooMuch,
  /// kept for longer than `journal.kept_age`
  kTooOld,
  /// their destination was taken out of the configuration, by a reload, while the service was
  /// down, or when it ended; of the latter two those that had rows
  kRemoved,
};
inline constexpr size_t kGivenUpCount = 4;
inline constexpr std::array<std::string_view, kGivenUpCount> kGivenUpNames = {
    "too_much", "tenant_too_much", "too_old", "removed"};

/// State of a destination: label `state` of `carillon_destinations`.
enum class DestinationState : uint8_t {
  /// nothing to do
  kIdle,
  /// deliveries are ready or in flight
  kActive,
  /// served from the journal, because memory for it ran out
  kBehind,
  /// its last attempt failed
  kFailing,
  /// its breaker is open: it is left alone for a while, and what is due there waits in the journal
  kOpen,
  /// nothing is sent there until it is enabled
  kDisabled,
};
inline constexpr size_t kDestinationStateCount = 6;
inline constexpr std::array<std::string_view, kDestinationStateCount> kDestinationStateNames = {
    "idle", "active", "behind", "failing", "open", "disabled"};

/// A part of an attempt: label `phase` of `carillon_attempt_phase_seconds`.
enum class AttemptPhase : uint8_t {
  /// lookups, also those that the cache answers
  kDns,
  /// until a connection stands, the answer of a proxy included
  kConnect,
  /// the handshake
  kTls,
  /// from the sending of the request to the first byte of an answer
  kFirstByte,
  /// from there to the end of the answer; about 0 where it came in one piece
  kBody,
};
inline constexpr size_t kAttemptPhaseCount = 5;
inline constexpr std::array<std::string_view, kAttemptPhaseCount> kAttemptPhaseNames = {
    "dns", "connect", "tls", "first_byte", "body"};

/// What a connection to a destination does: label `state` of `carillon_destination_connections`.
enum class ConnectionState : uint8_t {
  /// sockets, of which more than one may race for a connection
  kConnecting,
  /// it carries an attempt
  kBusy,
  kIdle,
};
inline constexpr size_t kConnectionStateCount = 3;
inline constexpr std::array<std::string_view, kConnectionStateCount> kConnectionStateNames = {
    "connecting", "busy", "idle"};

/// Where a delivery that is not finished stands: label `state` of `carillon_deliveries` and label
/// `state` of `carillon_destination_deliveries`.
enum class DeliveryState : uint8_t {
  /// in memory, waiting for its turn
  kReady,
  /// an attempt is under way
  kInFlight,
  /// waiting for a retry, or held behind an earlier one of its ordering key, on disk; what a
  /// destination in strict order holds back is `ready` as far as it is in memory
  kParked,
};
inline constexpr size_t kDeliveryStateCount = 3;
inline constexpr std::array<std::string_view, kDeliveryStateCount> kDeliveryStateNames = {
    "ready", "in_flight", "parked"};

/// Whether a configuration was taken: by whether it was: label `result` of
/// `carillon_config_reloads_total`.
inline constexpr std::array<std::string_view, 2> kReloadNames = {"error", "ok"};

/// Whether a token came: by whether it did: label `result` of `carillon_token_fetches_total` and
/// label `result` of `carillon_key_set_fetches_total`.
inline constexpr std::array<std::string_view, 2> kTokenNames = {"error", "ok"};

/// What a certificate is for: label `use` of `carillon_certificate_not_after_seconds`.
enum class CertificateUse : uint8_t {
  /// shown to a destination or its token server
  kClient,
  /// a CA bundle that a destination or its token server is verified by
  kTrusted,
  /// shown to the collector of traces
  kCollectorClient,
  /// the CA bundle that it is verified by
  kCollectorTrusted,
};
inline constexpr size_t kCertificateUseCount = 4;
inline constexpr std::array<std::string_view, kCertificateUseCount> kCertificateUseNames = {
    "client", "trusted", "collector_client", "collector_trusted"};

}  // namespace carillon::metrics
