// SalvageStore: see store_tools.h.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "carillon/base/clock.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/journal/store_tools.h"
#include "folder_lock.h"
#include "inspection.h"
#include "salvage.h"
#include "schema.h"
#include "store_image.h"

namespace carillon::journal {
namespace {

absl::StatusOr<sqlite::Database> NewDatabase(const std::string& folder) {
  const std::string path = DatabasePath(folder);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return absl::PermissionDeniedError(absl::StrCat(path, " cannot be made"));
  fchmod(fd, 0600);
  close(fd);
  absl::StatusOr<sqlite::Database> database = OpenConnection(path, nullptr);
  if (!database.ok()) return database;
  if (absl::Status status = Migrate(*database, SchemaSteps()); !status.ok()) return status;
  return database;
}

/// Opens it as the server does: it is checked, and has its mark.
absl::Status OpenOnce(const std::string& folder) {
  SqliteJournalOptions options;
  options.data_dir = folder;
  options.min_free_bytes = 0;
  options.housekeeping_interval = std::chrono::hours(1);  // removes nothing
  const base::SystemClock clock;
  absl::StatusOr<std::unique_ptr<Journal>> journal = OpenSqliteJournal(options, {}, clock);
  if (journal.ok()) (*journal)->Stop();
  return journal.status();
}

}  // namespace

absl::StatusOr<StoreReport> SalvageStore(const std::string& data_dir, const std::string& to) {
  std::error_code error;
  if (std::filesystem::exists(to, error) && !std::filesystem::is_empty(to, error)) {
    return absl::AlreadyExistsError(absl::StrCat(to, " is not an empty folder"));
  }
  const absl::StatusOr<FolderLock> lock = FolderLock::TakeExisting(data_dir);
  if (!lock.ok() && !absl::IsNotFound(lock.status())) return lock.status();
  const absl::StatusOr<Inspection> seen = Inspect(data_dir);
  if (!seen.ok()) return seen.status();
  absl::StatusOr<StoreImage> image = StoreImage::Open(
      data_dir, seen->wal.damaged_frame ? ImageFrames::kAllWhole : ImageFrames::kTaken);
  if (!image.ok()) return image.status();
  absl::StatusOr<sqlite::Database> from = image->OpenDatabase();
  if (!from.ok()) return from.status();
  StoreReport report;
  {
    const absl::StatusOr<FolderLock> new_lock = FolderLock::Take(to);
    if (!new_lock.ok()) return new_lock.status();
    absl::StatusOr<sqlite::Database> database = NewDatabase(to);
    if (!database.ok()) return database.status();
    Salvager salvager(*image, *from, *database, seen->mark ? seen->mark->last_position : 0);
    absl::Status status = salvager.Run();
    if (status.ok()) status = database->Exec("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!status.ok()) return status;
    report = salvager.Report();
  }
  if (absl::Status status = OpenOnce(to); !status.ok()) return status;
  return report;
}

}  // namespace carillon::journal
