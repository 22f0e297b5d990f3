#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/metrics/labels.h"
#include "carillon/metrics/shard.h"
#include "carillon/model/outcome.h"
#include "carillon/model/shortage.h"

namespace carillon::metrics {

/// The figures of one lane. Written by the thread that owns the lane, read by a scrape: relaxed
/// atomics, nothing looked up, nothing allocated.
class LaneMetrics {
 public:
  void CountAttempt(model::Outcome outcome) {
    attempts[static_cast<size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
  }
  std::array<std::atomic<uint64_t>, model::kOutcomeCount> attempts{};
  std::atomic<uint64_t> delivered{0};
  std::atomic<uint64_t> dead{0};
  std::array<PlainCounter, kDeferredByCount> deferred;       ///< retries, by DeferredBy
  std::array<PlainCounter, kBreakerStateCount> transitions;  ///< of its breaker, to that state
  std::atomic<int64_t> ready{0};            ///< deliveries in memory that wait for their turn
  std::atomic<int64_t> in_flight{0};        ///< attempts under way
  std::atomic<int64_t> parked{0};           ///< deliveries that wait for a retry
  std::atomic<int64_t> oldest_ready_ns{0};  ///< Unix ns of acceptance of the oldest ready, or 0
  std::atomic<DestinationState> state{DestinationState::kIdle};
};

/// For whom the journal keeps most.
struct Holder {
  std::string tenant;
  std::string destination;
  uint64_t bytes = 0;
  int64_t since_ns = 0;  ///< Unix ns of acceptance of the oldest event that is kept
};

/// When what Carillon holds of certificates ends.
struct CertificateEnd {
  std::string tenant;
  std::string destination;  ///< empty, as the tenant, where it is the collector's
  int64_t not_after = 0;    ///< Unix seconds
  CertificateUse use = CertificateUse::kClient;
};

/// Figures read at each scrape, from whoever knows them.
struct ProcessGauges {
  uint64_t journal_last_position = 0;
  uint64_t journal_watermark = 0;
  uint64_t journal_floor = 0;
  uint64_t journal_waiting_bytes = 0;
  uint64_t journal_stored_bytes = 0;
  uint64_t free_disk_bytes = 0;
  uint64_t min_free_disk_bytes = 0;
  uint64_t deduplication_ids = 0;
  bool accepting = true;
  uint64_t unverified_destinations = 0;
  uint64_t destination_connections_limit = 0;
  uint64_t in_flight_limit = 0;
  uint64_t dead_kept = 0;
  uint64_t publisher_connections = 0;
  uint64_t publisher_calls = 0;
  uint64_t publish_memory_bytes = 0;
  uint64_t publisher_reads_held = 0;
  /// By kPublisherCloseNames.
  std::array<uint64_t, kPublisherCloseNames.size()> publisher_connections_closed{};
  uint64_t log_lines_dropped = 0;
  /// By kTraceSpanNames.
  std::array<uint64_t, kTraceSpanNames.size()> trace_spans{};
  /// By kDeliveryLogAttemptNames.
  std::array<uint64_t, kDeliveryLogAttemptNames.size()> delivery_log_attempts{};
  uint64_t delivery_log_rows = 0;
  uint64_t delivery_log_bytes = 0;
  uint64_t delivery_log_freed_bytes = 0;
  uint64_t delivery_log_damaged = 0;
  uint64_t delivery_log_failing = 0;
  /// By kStatisticsEntryNames.
  std::array<uint64_t, kStatisticsEntryNames.size()> statistics_entries{};
  uint64_t statistics_without_subject = 0;
  uint64_t statistics_subjects = 0;
  uint64_t statistics_bytes = 0;
  uint64_t statistics_damaged = 0;
  uint64_t statistics_failing = 0;
  uint64_t kept_deliveries = 0;
  uint64_t kept_bytes = 0;
  std::vector<Holder> holders;               ///< a few
  std::vector<CertificateEnd> certificates;  ///< a few: those that end soonest
};

/// Every metric of the program (names: docs/metrics.md). Series are made once; nothing is looked
/// up on the hot path. Thread-safe.
///
/// Per-destination series are bounded: the `top` busiest destinations have their own `destination`
/// and `tenant` labels, chosen at scrapes and kept for as long as the lane lives; the others add up
/// under destination="_other", tenant="_other". A destination that gets its own series counts in it
/// from then on, and what it counted before stays in "_other": no counter goes back, and the sum
/// over all destinations is exact.
class Metrics {
 public:
  /// `clock` outlives the metrics; without one the machine's is used.
  static std::unique_ptr<Metrics> Create(std::string version, size_t top = 100,
                                         const base::Clock* clock = nullptr);
  virtual ~Metrics() = default;

  virtual void CountPublished(PublishResult result, uint64_t events) = 0;
  /// Payloads that did not fit the schema of their event type.
  virtual void CountMisfits(Misfit result, uint64_t payloads) = 0;
  virtual void CountTraceIgnored(TracePart part, uint64_t contexts) = 0;
  /// From the arrival of a message to its answer.
  virtual void ObservePublish(std::chrono::nanoseconds took) = 0;
  /// One group commit.
  virtual void ObserveCommit(std::chrono::nanoseconds took, uint64_t events, uint64_t rows) = 0;
  /// A configuration was read while running: whether it was taken, and how long that took.
  virtual void CountReload(bool ok, std::chrono::nanoseconds took) = 0;
  /// A configuration is in force: its revision, and the hash of the file's text.
  virtual void SetConfiguration(uint64_t revision, std::string hash) = 0;
  /// From the opening of the store to the moment at which events are accepted.
  virtual void SetRecovery(std::chrono::nanoseconds took) = 0;
  virtual void CountRefused(Refusal reason, uint64_t events) = 0;
  virtual void CountStoreError(StoreOperation operation, StoreError error) = 0;
  /// One sync that publishers wait for.
  virtual void ObserveSync(std::chrono::nanoseconds took) = 0;
  virtual void CountTlsHandshake(TlsResult result) = 0;
  /// A receiver's Retry-After that made no sense.
  virtual void CountRetryAfterIgnored() = 0;
  /// A connection that the guard did not let be made.
  virtual void CountGuardRefused() = 0;
  /// This machine was short of something that an attempt needed.
  virtual void CountShortage(model::Resource resource, model::ShortageEffect effect) = 0;
  virtual void CountDnsLookup(DnsResult result) = 0;
  virtual void SetDnsLookupsInFlight(uint64_t count) = 0;
  /// An answer past its TTL that was given because the name servers gave none.
  virtual void CountDnsStale() = 0;
  virtual void CountGivenUp(GivenUp reason, uint64_t deliveries) = 0;
  /// One request to a token server (OAuth 2.0).
  virtual void CountTokenFetch(bool ok) = 0;
  /// One fetch of an issuer's key set.
  virtual void CountKeySetFetch(bool ok) = 0;

  /// The lane's figures; they are exported until the last reference is gone, and what they counted
  /// stays in "_other" after that. Lanes of the same name (one leaves while its successor starts)
  /// add up. Not for the hot path.
  virtual std::shared_ptr<LaneMetrics> AddLane(std::string tenant, std::string destination) = 0;

  /// The figures of one shard, exported until the end; who has them sets the gauges among them back
  /// before it lets go.
  virtual std::shared_ptr<ShardMetrics> AddShard() = 0;
  /// The catalog's event types: they have series from now on, when they are at most kTypePlaces.
  virtual void KnowTypes(std::span<const std::string> types) = 0;
  /// Which counters of ShardMetrics are those of `type`: its own while there are places left, or
  /// those of all others (kTypePlaces). Always the same. Takes a lock.
  virtual size_t PlaceOfType(std::string_view type) = 0;

  /// Asked at each scrape, one scrape at a time and before anything else is read, so that it may
  /// bring the lanes' figures up to date; null for none. Once this has returned, the source before
  /// is not used any more.
  virtual void SetProcessGauges(std::function<ProcessGauges()> source) = 0;

  /// The text exposition format, version 0.0.4.
  virtual std::string Render() = 0;
};

}  // namespace carillon::metrics
