#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/log/log.h"
#include "carillon/statistics/statistics_sink.h"
#include "carillon/statistics/stats_query.h"

namespace carillon::statistics {

struct Options {
  std::string path;                                          ///< of the database, made when absent
  std::chrono::minutes minute_age = std::chrono::hours(24);  ///< minutes are kept so long
  std::chrono::minutes hour_age = std::chrono::hours(90 * 24);  ///< hours are kept so long
  /// The file takes no more, but for what is not yet checkpointed: the oldest minutes are removed
  /// first, then the oldest hours.
  uint64_t max_bytes = uint64_t{1} << 30;
  /// Below so much free space on the disk nothing is written.
  uint64_t min_free_bytes = 0;
  /// Destinations and tenants that have statistics of their own. Others are counted with their
  /// tenant, or only in all, until one that nothing was counted of within `hour_age` has gone.
  size_t max_subjects = 131'072;

  size_t queue_bytes = 4 << 20;                   ///< of what is handed over and not yet counted
  std::chrono::milliseconds take_every{200};      ///< what is handed over is read so often
  std::chrono::milliseconds write_every{10'000};  ///< what is counted is written so often
  std::chrono::milliseconds retry_after{5000};    ///< a write that failed is tried again
  size_t max_pending = 262'144;  ///< cells that are counted and not written, while the disk is full
  size_t max_waiting = 64;       ///< queries
};

/// What there is, and what became of what was handed over since the start.
struct Figures {
  uint64_t counted = 0;        ///< entries; they are written, or will be
  uint64_t dropped_queue = 0;  ///< the queue was full
  uint64_t dropped_disk = 0;   ///< the disk was full, a write failed, or the file was damaged
  uint64_t no_subject = 0;     ///< of `counted`: in the tenant's sum or in all only
  uint64_t subjects = 0;       ///< that have statistics of their own
  uint64_t bytes = 0;          ///< of the file
  uint64_t damaged = 0;        ///< files that were set aside
  bool failing = false;        ///< nothing is written: the disk is full, or a write failed
};

/// How much there was a second, in the last minute.
struct Rates {
  double accepted = 0;   ///< events
  double delivered = 0;  ///< deliveries that arrived
};

/// Statistics of deliveries: by destination, by tenant and of all, by minute and by hour. One
/// database of SQLite; see the README for what is in it.
///
/// What is handed over goes through a queue that is bounded in bytes. A thread of its own counts
/// it, and adds the counts to the minutes and hours on disk every `write_every`: what was handed
/// over since then may be lost by a crash of the process, after a power cut also what the system
/// had not yet synced. Nothing is counted twice, and an hour is always the sum of its minutes. A
/// second thread reads. A file that is damaged is set aside (`.bad`), and counting begins anew.
/// Thread-safe.
class StatisticsStore : public Sink {
 public:
  /// PERMISSION_DENIED or UNAVAILABLE: the file cannot be used. `clock` and `logger` outlive it.
  static absl::StatusOr<std::unique_ptr<StatisticsStore>> Open(Options options,
                                                               const base::Clock& clock,
                                                               log::Logger& logger);
  /// Writes what was handed over, then ends the threads. Queries that wait are answered CANCELLED.
  ~StatisticsStore() override = default;

  /// Answers on the reading thread. What was handed over before is in the answer, unless writing it
  /// takes longer than a second. RESOURCE_EXHAUSTED: too many queries wait. OUT_OF_RANGE: this one
  /// needs too much work. UNAVAILABLE: reading failed. CANCELLED: the store was closed.
  virtual void Find(Query query, absl::AnyInvocable<void(absl::StatusOr<Result>)> done) = 0;

  /// Of a tenant, or of all (empty): the last minute that is over, to some seconds. From memory: it
  /// begins anew with the process. Any thread.
  virtual Rates rates(const std::string& tenant) const = 0;

  /// Returns when what was handed over before is written, or was dropped, and what is too old is
  /// removed. For tests.
  virtual void Flush() = 0;

  virtual Figures figures() const = 0;
};

}  // namespace carillon::statistics
