#include "carillon/sqlite/kept_file.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace carillon::sqlite {
namespace {

constexpr char kSettings[] =
    "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 1000; "
    "PRAGMA journal_size_limit = 4194304";

/// False: it is empty.
absl::StatusOr<bool> IsOf(Database& database, const Format& format, const std::string& path) {
  const auto application = database.Scalar("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const auto version = database.Scalar("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const auto tables = database.Scalar("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*application == 0 && *version == 0 && *tables == 0) return false;
  if (*application == format.application_id && *version == format.version) return true;
  return absl::DataLossError(
      absl::StrCat(path, " is no file of ", format.what, " of this version"));
}

}  // namespace

absl::StatusOr<Database> OpenKept(const std::string& path, const Format& format) {
  absl::Status status = MakeOwnersFile(path);
  if (!status.ok()) return status;
  absl::StatusOr<Database> database = Database::Open(path, nullptr);
  if (!database.ok()) return database;
  const absl::StatusOr<bool> ours = IsOf(*database, format, path);
  if (!ours.ok()) return ours.status();
  if (!*ours) {
    status = database->Exec(absl::StrCat(format.schema,
                                         "PRAGMA application_id = ", format.application_id,
                                         "; PRAGMA user_version = ", format.version, "; COMMIT")
                                .c_str());
    if (!status.ok()) return status;
  }
  status = database->Exec(kSettings);
  if (!status.ok()) return status;
  return database;
}

void SetAside(const std::string& path) {
  std::rename(path.c_str(), (path + ".bad").c_str());
  for (const char* const suffix : {"", "-wal", "-shm"}) unlink((path + suffix).c_str());
}

uint64_t FreeBytesBeside(const std::string& path) {
  struct statvfs info{};
  if (statvfs(path.c_str(), &info) != 0) return UINT64_MAX;
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace carillon::sqlite
