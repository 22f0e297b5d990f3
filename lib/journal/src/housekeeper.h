#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/sqlite/database.h"
#include "gauges.h"
#include "kept_board.h"
#include "kept_scan.h"
#include "retention.h"
#include "writer.h"

namespace carillon::journal {

/// A thread with a connection of its own that looks after the files: copies the write-ahead file
/// into the database, watches free space, and finds what retention removes.
class Housekeeper {
 public:
  /// `turn` is the writer's (see `Writer`).
  Housekeeper(sqlite::Database database, Retention retention, KeptScan kept,
              const SqliteJournalOptions& options, Gauges& gauges, KeptBoard& board, Writer& writer,
              base::Mutex& turn);
  ~Housekeeper() { Stop(); }

  /// Any thread, often: the write-ahead file has so many pages now.
  void OnWalPages(uint64_t pages);
  void Stop();
  /// When everything else has stopped: leaves all in the database file, if that can be done, and
  /// the mark tells so.
  void Finish(HighWaterFile& mark);

 private:
  void Run();
  void Round();
  /// Has the journal thread look after what only it may.
  void PostLook();
  void Checkpoint();
  /// Shortens the write-ahead file, with the writer kept waiting for the rest.
  void Restart();
  /// True: something was removed.
  bool Retain(uint64_t missing_bytes);
  /// Looks at what is kept for destinations, and publishes what is to be done about it.
  void LookAtKept(uint64_t max_kept_bytes);
  void FailUnlessBusy(Operation operation, const absl::Status& status);
  /// Has the journal thread remove `step`; false: stopping, or it could not.
  bool Hand(RetentionStep step);
  bool Tolerable(int code);

  sqlite::Database database_;
  Retention retention_;
  KeptScan kept_;
  const SqliteJournalOptions options_;
  Gauges& gauges_;
  KeptBoard& board_;
  Writer& writer_;
  base::Mutex& turn_;
  uint64_t copied_pages_ = 0;  ///< when last looked at
  uint64_t commits_seen_ = 0;
  uint64_t last_pages_ = 0;  ///< the journal thread's

  base::Mutex mutex_;
  base::CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool handed_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool handed_ok_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<bool> look_posted_{false};
  std::atomic<uint64_t> wake_at_pages_;
  std::thread thread_;
};

/// What there is beside the mark that is to stay free.
struct Space {
  bool low = false;  ///< publishing is refused
  /// How much would have to be freed inside for publishing to go on; 0: nothing, or that would not
  /// help.
  uint64_t missing = 0;
};

/// Space is low below the mark; once it is, it has to be a sixteenth above. `reusable_bytes`: what
/// retention has freed inside the database, which events fill first. The write-ahead file does not,
/// so a quarter of the mark has to be free outside.
Space JudgeSpace(uint64_t free, uint64_t reusable_bytes, uint64_t mark, bool was_low);

/// Reads free space and file sizes into the gauges. Returns `Space::missing`.
uint64_t MeasureDisk(const SqliteJournalOptions& options, uint64_t reusable_bytes, Gauges& gauges);

}  // namespace carillon::journal
