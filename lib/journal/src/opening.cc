#include "opening.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "inspection.h"
#include "schema.h"
#include "store_image.h"

namespace carillon::journal {
namespace {

/// What is known before SQLite opens the files.
struct Found {
  bool empty = true;  ///< no store was made yet
  StoreId id{};
  uint64_t last_position = 0;
  bool wal_used = false;
  bool had_mark = false;
  bool mark_damaged = false;
};

absl::StatusOr<Found> Find(const std::string& folder, bool making) {
  const absl::StatusOr<Inspection> seen = Inspect(folder);
  if (!seen.ok()) return seen.status();
  if (absl::Status status = CheckFiles(folder, *seen, making); !status.ok()) return status;
  Found found;
  found.wal_used = seen->wal.taken > 0;
  found.had_mark = seen->mark.has_value();
  found.mark_damaged = seen->mark_damaged;
  if (!seen->has_database) return found;
  absl::StatusOr<StoreImage> image = StoreImage::Open(folder, ImageFrames::kTaken);
  if (!image.ok()) return image.status();
  absl::StatusOr<sqlite::Database> database = image->OpenDatabase();
  if (!database.ok()) return database.status();
  if (absl::Status status = CheckAgainstMark(*database, *seen); !status.ok()) return status;
  const absl::StatusOr<int64_t> tables =
      database->Scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'");
  if (!tables.ok()) return tables.status();
  found.empty = *tables == 0;
  if (found.empty) return found;
  const absl::StatusOr<HashKey> key = KeyOfStore(*database);
  if (!key.ok()) return key.status();
  const absl::StatusOr<uint64_t> last = LastPositionOfStore(*database);
  if (!last.ok()) return last.status();
  found.id = IdOfStore(*key);
  found.last_position = *last;
  return found;
}

void KeepFromOthers(const std::string& path, SqliteJournalHooks& hooks) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & 0077) == 0) return;
  if (chmod(path.c_str(), 0600) == 0 || !hooks.on_notice) return;
  hooks.on_notice(absl::StrCat(path, " can be read by other users, and that cannot be changed"));
}

/// Without room for it there is none until the next start.
absl::StatusOr<HighWaterFile> OpenHighWaterFile(const std::string& folder, const HighWater& state) {
  absl::StatusOr<HighWaterFile> mark = HighWaterFile::Open(folder, state);
  if (absl::IsResourceExhausted(mark.status())) return HighWaterFile();
  return mark;
}

absl::Status UnlessFull(absl::Status status) {
  return absl::IsResourceExhausted(status) ? absl::OkStatus() : status;
}

/// Makes the file what this program reads. A new store's tables are in the database itself before
/// anything is written elsewhere, so that they do not hang on the write-ahead file.
absl::Status Prepare(sqlite::Database& database, bool is_new) {
  if (!database.writable()) {
    return absl::PermissionDeniedError("carillon.db can be read, but not written");
  }
  if (absl::Status status = Migrate(database, SchemaSteps()); !status.ok()) return status;
  const absl::StatusOr<int64_t> id = database.Scalar("PRAGMA application_id");
  if (!id.ok()) return id.status();
  if (*id == 0) {
    const std::string set = absl::StrCat("PRAGMA application_id=", kApplicationId);
    absl::Status status = UnlessFull(database.Exec(set.c_str()));
    if (!status.ok()) return status;
  }
  if (is_new) return database.Exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return absl::OkStatus();
}

/// Finds out at the start whether the files can be written. A full disk is no reason not to start:
/// what was accepted can be delivered.
absl::Status ProveWritable(sqlite::Database& database, HighWaterFile& mark,
                           uint64_t last_position) {
  absl::Status status = database.Exec("BEGIN IMMEDIATE");
  if (status.ok()) status = database.Exec("UPDATE state SET one = 1");
  if (status.ok()) status = database.Exec("COMMIT");
  database.Rollback();
  if (status.ok()) mark.Advance(last_position);
  return UnlessFull(status);
}

void Tell(const Found& found, uint64_t last_position, SqliteJournalHooks& hooks) {
  if (!hooks.on_notice) return;
  if (found.empty) {
    hooks.on_notice("a new store was made: there was none in the data folder");
  } else if (!found.had_mark) {
    hooks.on_notice(absl::StrCat(
        "the store had no ", found.mark_damaged ? "readable " : "",
        "carillon.mark (an earlier version made it, or the file was lost), and has one from now "
        "on: nothing could tell whether it is complete; it ends at position ",
        last_position));
  }
}

}  // namespace

absl::StatusOr<OpenedStore> OpenStore(const SqliteJournalOptions& options,
                                      SqliteJournalHooks& hooks, const base::Clock& clock) {
  const std::string& folder = options.data_dir;
  const std::string path = DatabasePath(folder);
  absl::StatusOr<FolderLock> lock = FolderLock::Take(folder);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<Found> found = Find(folder, lock->making());
  if (!found.ok()) return found.status();
  if (found->empty) {
    if (absl::Status status = sqlite::MakeOwnersFile(path); !status.ok()) return status;
  }
  for (const char* suffix : {"", "-wal", "-shm"}) KeepFromOthers(path + suffix, hooks);
  KeepFromOthers(LockPath(folder), hooks);

  absl::StatusOr<HighWaterFile> mark = HighWaterFile();
  if (!found->empty) {
    // From here on the store is not what it was when it was stopped.
    mark = OpenHighWaterFile(folder, {found->id, found->last_position, found->wal_used, false, 0});
    if (!mark.ok()) return mark.status();
    lock->SetUsed();
  }
  std::unique_ptr<SyncVfs> sync_vfs;
  if (hooks.on_sync) sync_vfs = std::make_unique<SyncVfs>(options.vfs, clock, hooks.on_sync);
  absl::StatusOr<sqlite::Database> writing =
      OpenConnection(path, sync_vfs == nullptr ? options.vfs : sync_vfs->name());
  if (!writing.ok()) return writing.status();
  if (absl::Status status = Prepare(*writing, found->empty); !status.ok()) return status;
  // Room for a whole group, so that its pages are written once.
  if (absl::Status status = writing->Exec("PRAGMA cache_size=-24576"); !status.ok()) return status;
  IdWindow ids(options.deduplication_ids, options.deduplication_age);
  absl::StatusOr<OpenedState> state = Recover(*writing, clock.Wall(), ids);
  if (!state.ok()) return state.status();
  if (found->empty) {
    mark = OpenHighWaterFile(folder, {IdOfStore(state->hash_key), 0, false, false, 0});
    if (!mark.ok()) return mark.status();
    lock->SetUsed();
  }
  const uint64_t last_position = state->progress.state.last_position;
  if (absl::Status status = ProveWritable(*writing, *mark, last_position); !status.ok()) {
    return status;
  }
  absl::StatusOr<Store> store = Store::Create(*std::move(writing));
  if (!store.ok()) return store.status();
  absl::StatusOr<sqlite::Database> reading = OpenConnection(path, options.vfs);
  if (!reading.ok()) return reading.status();
  absl::StatusOr<Reader> reader = Reader::Create(*std::move(reading));
  if (!reader.ok()) return reader.status();
  absl::StatusOr<sqlite::Database> housekeeping = OpenConnection(path, options.vfs);
  if (!housekeeping.ok()) return housekeeping.status();
  auto gauges = std::make_unique<Gauges>();
  absl::StatusOr<Retention> retention = Retention::Create(*housekeeping, options, clock, *gauges);
  if (!retention.ok()) return retention.status();
  absl::StatusOr<KeptScan> kept = KeptScan::Create(*housekeeping, options, clock, *gauges);
  if (!kept.ok()) return kept.status();
  Tell(*found, last_position, hooks);
  return OpenedStore{
      *std::move(lock),         std::move(sync_vfs),
      *std::move(mark),         FileWatch({LockPath(folder), path, WalPath(folder)}, clock.Mono()),
      *std::move(store),        *std::move(reader),
      *std::move(housekeeping), std::move(ids),
      *std::move(state),        std::move(gauges),
      *std::move(retention),    *std::move(kept)};
}

}  // namespace carillon::journal
