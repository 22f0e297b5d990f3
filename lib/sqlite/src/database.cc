#include "carillon/sqlite/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace carillon::sqlite {
namespace {

bool OutOfSpace(int code, int system_errno) {
  if ((code & 0xFF) == SQLITE_FULL) return true;
  // The index of the write-ahead file grows by a write of its own, which tells by errno alone.
  if (code == SQLITE_IOERR_SHMSIZE) {
    return system_errno != EIO && system_errno != EROFS && system_errno != ENXIO &&
           system_errno != ENODEV && system_errno != EBADF && system_errno != ESTALE;
  }
  return code == SQLITE_IOERR_WRITE && (system_errno == ENOSPC || system_errno == EDQUOT);
}

/// SQLite takes a null pointer for NULL, however long it is.
const char* BytesOf(std::string_view bytes) { return bytes.data() != nullptr ? bytes.data() : ""; }

}  // namespace

absl::Status MakeOwnersFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  fchmod(fd, 0600);
  close(fd);
  return absl::OkStatus();
}

absl::Status ErrorOf(sqlite3* db, int code) {
  const int extended = db != nullptr ? sqlite3_extended_errcode(db) : code;
  const int system_errno = db != nullptr ? sqlite3_system_errno(db) : 0;
  const std::string text =
      absl::StrCat(db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code), " (SQLite code ",
                   extended, system_errno != 0 ? absl::StrCat(", errno ", system_errno) : "", ")");
  if (OutOfSpace(extended, system_errno)) return absl::ResourceExhaustedError(text);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::AbortedError(text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

Statement& Statement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

Statement& Statement::BindBlob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), index, BytesOf(bytes), bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindText(int index, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, BytesOf(text), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::BindNull(int index) {
  sqlite3_bind_null(statement_.get(), index);
  return *this;
}

Statement& Statement::BindFrom(int index, const Statement& row, int column) {
  sqlite3_bind_value(statement_.get(), index, sqlite3_column_value(row.statement_.get(), column));
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  absl::Status status;
  if (code != SQLITE_DONE) status = ErrorOf(sqlite3_db_handle(statement_.get()), code);
  sqlite3_reset(statement_.get());
  if (!status.ok()) return status;
  return false;
}

absl::Status Statement::Run() {
  while (true) {
    const absl::StatusOr<bool> row = Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
  }
}

bool Statement::Null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::Blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {static_cast<const char*>(bytes), bytes != nullptr ? size : 0};
}

absl::StatusOr<Database> Database::Open(const std::string& path, const char* vfs) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, vfs);
  Database database;
  database.db_.reset(raw);
  if (code != SQLITE_OK) return ErrorOf(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 10'000);
  return database;
}

absl::StatusOr<Database> Database::OpenImmutable(const std::string& path) {
  std::string uri = "file:";
  for (const char each : path) {
    if (each == '?' || each == '#' || each == '%') {
      absl::StrAppend(&uri, "%", absl::Hex(static_cast<unsigned char>(each), absl::kZeroPad2));
    } else {
      uri += each;
    }
  }
  uri += "?mode=ro&immutable=1";
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      uri.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.db_.reset(raw);
  if (code != SQLITE_OK) return ErrorOf(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  return database;
}

absl::Status Database::Exec(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorOf(db_.get(), code);
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code == SQLITE_OK) return Statement(raw);
  absl::Status error = ErrorOf(db_.get(), code);
  if (code == SQLITE_ERROR) return absl::DataLossError(error.message());
  return error;
}

absl::StatusOr<int64_t> Database::Scalar(std::string_view sql, int64_t otherwise) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  const int64_t value = *row && !statement->Null(0) ? statement->Int(0) : otherwise;
  statement->Reset();
  return value;
}

void Database::Rollback() {
  if (sqlite3_get_autocommit(db_.get()) == 0) {
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace carillon::sqlite
