#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carillon::sqlite {

/// A prepared statement, used again and again. Parameters count from 1, columns from 0. Bound text
/// and blobs are not copied: they must live until the statement has run. One thread.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  Statement& Bind(int index, int64_t value);
  Statement& BindBlob(int index, std::string_view bytes);
  Statement& BindText(int index, std::string_view text);
  Statement& BindNull(int index);
  /// The value of a column of the row that `row` stands at, of whatever type; it is copied.
  Statement& BindFrom(int index, const Statement& row, int column);

  /// True: there is a row to look at. False: at the end, and ready to be used again. An error
  /// makes it ready again too.
  absl::StatusOr<bool> Step();
  /// Runs to the end, for statements without rows.
  absl::Status Run();
  /// Leaves the rows that are left.
  void Reset() { sqlite3_reset(statement_.get()); }

  int64_t Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  bool Null(int column) const;
  int Columns() const { return sqlite3_column_count(statement_.get()); }
  /// Valid until the next step.
  std::string_view Blob(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

/// Makes the file of a database when it is absent, for its owner only: SQLite would leave that to
/// the umask. One that is there is kept from others. PERMISSION_DENIED names the file.
absl::Status MakeOwnersFile(const std::string& path);

/// One connection, on one thread at a time. Errors tell by their code what can be done:
/// RESOURCE_EXHAUSTED the disk is full, nothing happened; ABORTED another connection holds the
/// lock for too long; DATA_LOSS the file is damaged; PERMISSION_DENIED it cannot be opened or
/// written; UNAVAILABLE a read, write or sync failed and what is on disk is not known.
class Database {
 public:
  /// `vfs` null: the default. The file is made when absent.
  static absl::StatusOr<Database> Open(const std::string& path, const char* vfs);
  /// To read a file that nobody writes to any more and that has nothing in a write-ahead file.
  /// Takes one descriptor and no lock; opening it costs a quarter. What it answers is undefined
  /// when somebody does write.
  static absl::StatusOr<Database> OpenImmutable(const std::string& path);

  absl::Status Exec(const char* sql);
  /// DATA_LOSS also: its tables are not those that `sql` names.
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  /// First column of the first row of `sql`; `otherwise` when there is no row or it is NULL.
  absl::StatusOr<int64_t> Scalar(std::string_view sql, int64_t otherwise = 0);

  /// False: SQLite could open the file for reading only.
  bool writable() const { return sqlite3_db_readonly(db_.get(), "main") == 0; }

  /// Ends a transaction that is open without keeping it; harmless when there is none.
  void Rollback();
  int64_t changes() const { return sqlite3_changes64(db_.get()); }
  int64_t last_insert_id() const { return sqlite3_last_insert_rowid(db_.get()); }
  sqlite3* handle() const { return db_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Closer> db_;
};

/// What the connection's last error means (see `Database`).
absl::Status ErrorOf(sqlite3* db, int code);

}  // namespace carillon::sqlite
