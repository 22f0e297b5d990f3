#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/journal.h"
#include "carillon/journal/tenant_bounds.h"

namespace carillon::journal {

struct SqliteJournalOptions {
  std::string data_dir;  ///< made when absent
  std::chrono::nanoseconds deduplication_age = std::chrono::hours(24);
  uint64_t deduplication_ids = 4'000'000;
  std::chrono::nanoseconds retention_age = std::chrono::hours(72);
  /// Of events and attempts; the oldest that are settled go first.
  uint64_t retention_bytes = 10ull << 30;
  /// What is kept for destinations (retries, held, and what a lane behind wants of events that are
  /// to leave): older events than this are given up, and the oldest while there is more, for one
  /// destination, or for all. While space is short, all together may take half of what there is.
  std::chrono::nanoseconds kept_age = std::chrono::hours(72);
  uint64_t kept_bytes = 1ull << 30;
  uint64_t kept_events = 1'000'000;
  uint64_t kept_total_bytes = 5ull << 30;
  uint64_t kept_total_events = 4'000'000;
  /// The same for the destinations of each tenant together; null: no bound. It may be changed while
  /// the journal is open.
  std::shared_ptr<const TenantBounds> tenant_bounds = nullptr;
  /// Publishing is refused while the file system has less than this, space that retention freed
  /// inside the files counted in (of which a quarter must be outside).
  uint64_t min_free_bytes = 256ull << 20;
  uint64_t max_waiting_bytes = 64ull << 20;
  /// The SQLite VFS to use, for tests that make the disk fail. When null, the default.
  const char* vfs = nullptr;
  /// How often retention, free space and the write-ahead file are looked at.
  std::chrono::milliseconds housekeeping_interval{1000};
};

/// What was done when something went wrong with the store.
enum class Operation : uint8_t {
  kWrite,       ///< a transaction of the journal thread
  kRead,        ///< behind the tail
  kCheckpoint,  ///< the write-ahead file was copied into the database
  kRetention,   ///< what may be removed, or is kept, was looked for
  kFiles,       ///< the files are not those that were opened, or were cut
};
inline constexpr int kOperationCount = 5;

/// Told of each group commit and of what cannot go on; on the journal's thread, where not said
/// otherwise.
struct SqliteJournalHooks {
  /// events, settlement rows (attempts, parked, ...), time the transaction took.
  absl::AnyInvocable<void(size_t events, size_t rows, std::chrono::nanoseconds took)> on_commit;
  /// A sync or write failed in a way that leaves unknown what is on disk. All waiting callers have
  /// been told UNAVAILABLE; nothing is written any more. The program logs it and ends itself with
  /// the exit code kept for this; recovery reads what is really there.
  /// DATA_LOSS: the files are damaged, a new start meets the same, and the message names the
  /// commands that help.
  absl::AnyInvocable<void(absl::Status)> on_fatal;
  /// Something went wrong with the store, for now or for good: RESOURCE_EXHAUSTED (full),
  /// ABORTED (busy), DATA_LOSS (damaged), PERMISSION_DENIED, or an I/O error. What only waits for
  /// others, a checkpoint for readers, is none. Any of the journal's threads.
  std::function<void(Operation, const absl::Status&)> on_error;
  /// A sync that a commit waited for. One for each commit, and one when the write-ahead file
  /// begins anew.
  std::function<void(std::chrono::nanoseconds)> on_sync;
  /// Something an operator may want to know of the opening, e.g. that a new store was made. On the
  /// thread that opens.
  absl::AnyInvocable<void(const std::string& message)> on_notice;
};

/// The embedded store: SQLite in WAL mode, synchronous=FULL. Opens, checks and recovers.
/// FAILED_PRECONDITION: made by a newer version or another program, in use by another process, or
/// not to be written. DATA_LOSS: the files are damaged, or something that was answered is missing
/// (docs/operations.md, "Damage"). Each message says what to do. Only one process may have a folder
/// open.
absl::StatusOr<std::unique_ptr<Journal>> OpenSqliteJournal(const SqliteJournalOptions& options,
                                                           SqliteJournalHooks hooks,
                                                           const base::Clock& clock);

}  // namespace carillon::journal
