#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/deliverylog/query.h"
#include "carillon/deliverylog/record.h"
#include "carillon/log/log.h"

namespace carillon::deliverylog {

struct Options {
  std::string folder;  ///< made when absent; nothing else lives there
  uint64_t max_bytes = uint64_t{10}
                       << 30;  ///< of all files together, roughly: the oldest segment goes
  std::chrono::seconds max_age = std::chrono::hours(30 * 24);
  /// Below so much free space on the disk the oldest segments go; when one is left nothing is
  /// written until there is room.
  uint64_t min_free_bytes = 0;

  // A segment ends at the first of these. Its age: at most an eighth of `max_age`, too.
  size_t segment_rows = 131'072;
  size_t segment_bytes = 64 << 20;
  std::chrono::seconds segment_age = std::chrono::hours(24);

  size_t queue_bytes = 8 << 20;                 ///< of what is handed over and not yet written
  std::chrono::milliseconds write_every{100};   ///< what is handed over is read so much later
  std::chrono::milliseconds retry_after{5000};  ///< a write that failed is tried again
  size_t max_waiting = 64;                      ///< queries
};

/// What there is, and what became of what was handed over since the start.
struct LogFigures {
  uint64_t written = 0;
  uint64_t dropped_queue = 0;  ///< the queue was full
  uint64_t dropped_disk = 0;   ///< the disk was full, or a write failed
  uint64_t segments = 0;
  uint64_t bytes = 0;
  uint64_t rows = 0;
  uint64_t freed_bytes = 0;  ///< by retention
  uint64_t damaged = 0;      ///< segments that were set aside
  uint64_t next = 0;         ///< sequence of what is written next: what is below can be found
  bool failing = false;      ///< nothing is written: the disk is full, or a write failed
};

/// The delivery log: every attempt, found by destination, event, outcome, time. Files of SQLite,
/// one for each segment of about `segment_rows` attempts; see the README for what is in them.
///
/// What is handed over goes through a queue that is bounded in bytes; a thread of its own writes
/// it, so that deliveries never wait. A second thread reads. What was handed over less than
/// `write_every` ago, or was not yet synced by the system, may be lost by a crash; no attempt is
/// there in part. A segment that is damaged is set aside and counted (`.bad`), and the others stay.
/// Thread-safe.
class AttemptStore : public Sink {
 public:
  /// Reads what there is. PERMISSION_DENIED or UNAVAILABLE: the folder cannot be used. `clock` and
  /// `logger` outlive it.
  static absl::StatusOr<std::unique_ptr<AttemptStore>> Open(Options options,
                                                            const base::Clock& clock,
                                                            log::Logger& logger);
  /// Writes what was handed over, then ends the threads. Queries that wait are answered CANCELLED.
  ~AttemptStore() override = default;

  /// Answers with a page, on the reading thread. RESOURCE_EXHAUSTED: too many queries wait.
  /// UNAVAILABLE: reading failed. CANCELLED: the log was closed.
  virtual void Find(Query query, absl::AnyInvocable<void(absl::StatusOr<Page>)> done) = 0;

  /// Hands over all of these, which may be none, and answers when they, and all that was handed
  /// over before by anybody, can be found. `done`, once, on the log's thread: UNAVAILABLE: there
  /// was no room for all. CANCELLED: the log was closed.
  virtual void AddAll(std::span<const Entry> entries,
                      absl::AnyInvocable<void(absl::Status)> done) = 0;

  /// Returns when what was handed over before is written, or was dropped. For tests.
  virtual void Flush() = 0;

  virtual LogFigures figures() const = 0;
};

}  // namespace carillon::deliverylog
