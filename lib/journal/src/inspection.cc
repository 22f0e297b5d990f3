#include "inspection.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "digest.h"
#include "store_image.h"

namespace carillon::journal {
namespace {

/// The file, or none when it is absent or empty.
absl::StatusOr<FileBytes> OpenIfThere(const std::string& path) {
  absl::StatusOr<FileBytes> file = FileBytes::Open(path);
  if (absl::IsNotFound(file.status()) || (file.ok() && file->size() == 0)) return FileBytes();
  return file;
}

std::string InDoubt(uint64_t from, uint64_t to) {
  if (to < from) return "no event that was answered is known to be missing";
  if (to == from) return absl::StrCat("1 event is in doubt, at position ", to);
  return absl::StrCat(to - from + 1, " events are in doubt, at positions ", from, " to ", to);
}

/// Of a view of the store; 0 when it cannot be told.
uint64_t LastPositionIn(const std::string& folder, ImageFrames frames) {
  absl::StatusOr<StoreImage> image = StoreImage::Open(folder, frames);
  if (!image.ok()) return 0;
  absl::StatusOr<sqlite::Database> database = image->OpenDatabase();
  if (!database.ok()) return 0;
  return LastPositionOfStore(*database).value_or(0);
}

absl::Status CheckNoDatabase(const Inspection& seen, bool making) {
  if (making) return absl::OkStatus();
  if (seen.has_wal) {
    return absl::DataLossError(absl::StrCat(
        "carillon.db is gone or empty, but its write-ahead file is there (", seen.wal.frames,
        " pages)", seen.mark ? absl::StrCat("; ", InDoubt(1, seen.mark->last_position)) : ""));
  }
  if (seen.mark) {
    return absl::DataLossError(
        absl::StrCat("carillon.db is gone or empty, but carillon.mark tells ",
                     "of a store that was used; ", InDoubt(1, seen.mark->last_position)));
  }
  return absl::DataLossError(
      "carillon.db is gone or empty, but the lock file tells that there was a store; how many "
      "events it held is not known");
}

absl::Status DamagedWal(const std::string& folder, const Inspection& seen) {
  const uint64_t left = LastPositionIn(folder, ImageFrames::kTaken);
  uint64_t last = LastPositionIn(folder, ImageFrames::kAllWhole);
  if (seen.mark) last = std::max(last, seen.mark->last_position);
  const std::string where = *seen.wal.damaged_frame == 0
                                ? std::string("its header")
                                : absl::StrCat("frame ", *seen.wal.damaged_frame);
  return absl::DataLossError(absl::StrCat("the write-ahead file carillon.db-wal is damaged at ",
                                          where, " of ", seen.wal.frames, ", with ",
                                          seen.wal.lost_commits, " later transactions behind it; ",
                                          InDoubt(left + 1, last)));
}

/// Pages that neither the file nor the write-ahead file holds.
absl::Status CheckLength(const Inspection& seen) {
  const DatabaseHeader& header = seen.header;
  const uint64_t in_file = header.file_bytes / header.page_bytes;
  const uint64_t wanted = seen.wal.taken > 0 ? seen.wal.taken_pages : header.pages;
  if (wanted <= in_file) return absl::OkStatus();
  std::vector<bool> there(wanted - in_file, false);
  for (const WalFrame& frame : seen.wal.frames_of_use) {
    if (frame.number > seen.wal.taken) break;
    if (frame.page > in_file && frame.page <= wanted) there[frame.page - in_file - 1] = true;
  }
  const auto missing = static_cast<uint64_t>(std::count(there.begin(), there.end(), false));
  if (missing == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("carillon.db is too short: it has ", in_file,
                                          " pages of ", wanted, ", and ", missing, " are missing"));
}

/// The counter goes up with the versions of page 1, of which the file has the last that was copied
/// from the write-ahead file, or the one before all that is in it.
absl::Status CheckSameAge(const Inspection& seen) {
  const WalScan& wal = seen.wal;
  if (wal.taken == 0) return absl::OkStatus();
  if (wal.page_bytes != seen.header.page_bytes) {
    return absl::DataLossError(
        absl::StrCat("carillon.db-wal belongs to another database: its pages have ", wal.page_bytes,
                     " bytes, those of carillon.db ", seen.header.page_bytes));
  }
  if (!wal.first_counter) return absl::OkStatus();
  const auto counter = static_cast<int32_t>(seen.header.change_counter);
  const auto first = static_cast<int32_t>(*wal.first_counter);
  const auto last = static_cast<int32_t>(*wal.last_counter);
  if (counter - (first - 1) >= 0 && last - counter >= 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("carillon.db and carillon.db-wal are of different times: the database is ",
                   counter - last > 0 ? "newer" : "older", " than its write-ahead file (change ",
                   seen.header.change_counter, ", the file has ", *wal.first_counter, " to ",
                   *wal.last_counter, ")"));
}

absl::Status CheckWalIsThere(const Inspection& seen) {
  if (!seen.mark) return absl::OkStatus();
  if (seen.mark->clean && seen.wal.taken > 0) {
    return absl::DataLossError(
        "carillon.db-wal does not belong here: the store was stopped in order and left none");
  }
  if (seen.mark->wal_used && !seen.wal.has_header) {
    return absl::DataLossError(
        absl::StrCat("carillon.db-wal is gone or empty, though the store was not stopped in order; "
                     "carillon.mark vouches for positions up to ",
                     seen.mark->last_position));
  }
  return absl::OkStatus();
}

}  // namespace

std::string DatabasePath(const std::string& folder) { return folder + "/carillon.db"; }
std::string WalPath(const std::string& folder) { return DatabasePath(folder) + "-wal"; }

absl::StatusOr<Inspection> Inspect(const std::string& folder) {
  Inspection seen;
  absl::StatusOr<std::optional<HighWater>> mark = HighWaterFile::Read(folder, seen.mark_damaged);
  if (!mark.ok()) return mark.status();
  seen.mark = *std::move(mark);
  const absl::StatusOr<FileBytes> database = OpenIfThere(DatabasePath(folder));
  if (!database.ok()) return database.status();
  seen.has_database = database->open();
  absl::StatusOr<DatabaseHeader> header = ReadDatabaseHeader(*database);
  if (!header.ok()) return header.status();
  seen.header = *header;
  const absl::StatusOr<FileBytes> wal = OpenIfThere(WalPath(folder));
  if (!wal.ok()) return wal.status();
  seen.has_wal = wal->open();
  absl::StatusOr<WalScan> scan = ScanWal(*wal, header->page_bytes);
  if (!scan.ok()) return scan.status();
  seen.wal = *std::move(scan);
  return seen;
}

absl::Status CheckFiles(const std::string& folder, const Inspection& seen, bool making) {
  if (!seen.has_database) return CheckNoDatabase(seen, making);
  if (!seen.header.is_database) {
    return absl::DataLossError("carillon.db is no SQLite database");
  }
  if (seen.header.application_id != 0 && seen.header.application_id != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat("carillon.db is the database of another program (application_id ",
                     seen.header.application_id, "): give Carillon a folder of its own"));
  }
  if (seen.wal.damaged_frame) return DamagedWal(folder, seen);
  absl::Status status = CheckWalIsThere(seen);
  if (status.ok()) status = CheckSameAge(seen);
  if (status.ok()) status = CheckLength(seen);
  return status;
}

absl::StatusOr<HashKey> KeyOfStore(sqlite::Database& database) {
  absl::StatusOr<sqlite::Statement> row =
      database.Prepare("SELECT hash_key FROM state WHERE one = 1");
  if (!row.ok()) return row.status();
  const absl::StatusOr<bool> found = row->Step();
  if (!found.ok()) return found.status();
  HashKey key{};
  if (!*found || row->Blob(0).size() != key.size()) {
    return absl::DataLossError("the row of its state is missing");
  }
  std::memcpy(key.data(), row->Blob(0).data(), key.size());
  return key;
}

absl::StatusOr<uint64_t> LastPositionOfStore(sqlite::Database& database) {
  const absl::StatusOr<int64_t> last = database.Scalar(
      "SELECT max(coalesce((SELECT last_position FROM state WHERE one = 1), 0), "
      "coalesce((SELECT first_position + count - 1 FROM journal "
      "ORDER BY first_position DESC LIMIT 1), 0))");
  if (!last.ok()) return last.status();
  return static_cast<uint64_t>(*last);
}

absl::Status CheckAgainstMark(sqlite::Database& database, const Inspection& seen) {
  const absl::StatusOr<int64_t> tables =
      database.Scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'");
  if (!tables.ok()) return tables.status();
  if (*tables == 0) {
    if (!seen.mark) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "carillon.db holds nothing, but carillon.mark tells of a store that was used; ",
        InDoubt(1, seen.mark->last_position)));
  }
  const absl::StatusOr<int64_t> own = database.Scalar(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('state', 'journal')");
  if (!own.ok()) return own.status();
  if (*own != 2 || seen.header.user_version > INT32_MAX) {
    return absl::FailedPreconditionError(
        "carillon.db is the database of another program: give Carillon a folder of its own");
  }
  if (!seen.mark) return absl::OkStatus();
  const absl::StatusOr<HashKey> key = KeyOfStore(database);
  if (!key.ok()) return key.status();
  if (IdOfStore(*key) != seen.mark->store) {
    return absl::DataLossError(
        "carillon.db and carillon.mark are of different stores; put back the file that belongs "
        "here (or remove carillon.mark, if carillon.db was put here on purpose)");
  }
  const absl::StatusOr<uint64_t> last = LastPositionOfStore(database);
  if (!last.ok()) return last.status();
  if (*last < seen.mark->last_position) {
    return absl::DataLossError(absl::StrCat(
        "events that were answered are missing: the store ends at position ", *last,
        ", and carillon.mark vouches for ", seen.mark->last_position, "; ",
        InDoubt(*last + 1, seen.mark->last_position),
        ". The write-ahead file may have been removed, cut or damaged, or an older database put "
        "back (if that was on purpose, remove carillon.mark)"));
  }
  if (!seen.mark->clean) return absl::OkStatus();
  const absl::StatusOr<uint32_t> digest = DigestOfSmallTables(database);
  if (!digest.ok()) return digest.status();
  if (*digest == seen.mark->digest && *last == seen.mark->last_position) return absl::OkStatus();
  return absl::DataLossError(
      "carillon.db was changed since the store was stopped: by a fault of the disk, by hand, or by "
      "another copy put back (if it was on purpose, remove carillon.mark)");
}

}  // namespace carillon::journal
