#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/sqlite/database.h"
#include "file_watch.h"
#include "folder_lock.h"
#include "gauges.h"
#include "high_water_file.h"
#include "id_window.h"
#include "kept_scan.h"
#include "reader.h"
#include "recovery.h"
#include "retention.h"
#include "store.h"
#include "sync_vfs.h"

namespace carillon::journal {

/// The connections, and what was read at start.
struct OpenedStore {
  FolderLock lock;
  std::unique_ptr<SyncVfs> sync_vfs;  ///< of `store`; null when the options bring theirs
  HighWaterFile mark;
  FileWatch watch;
  Store store;
  Reader reader;
  sqlite::Database housekeeping;
  IdWindow ids;
  OpenedState state;
  std::unique_ptr<Gauges> gauges;
  Retention retention;
  KeptScan kept;
};

/// Takes the folder, looks at its files before SQLite does, makes a store where none ever was,
/// opens the connections and reads the state back. What was found is checked in the order: files
/// and write-ahead file, mark, schema, tail of the journal; the files are changed by nothing that
/// comes before the first two. Errors: those of `FolderLock`, `CheckFiles`, `Recover`;
/// PERMISSION_DENIED: the files cannot be written.
absl::StatusOr<OpenedStore> OpenStore(const SqliteJournalOptions& options,
                                      SqliteJournalHooks& hooks, const base::Clock& clock);

}  // namespace carillon::journal
