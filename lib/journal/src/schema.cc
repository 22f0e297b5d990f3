#include "schema.h"

#include "absl/strings/str_cat.h"

namespace carillon::journal {
namespace {

// Events, attempts and ids lie in chunks, many to a row: a row costs more than an event does.
// Keys ascend with time, so that every insert goes to the end of its table; there is no secondary
// index but the one on names of lanes, which are few. `state` has one row, the numbers that move
// with the settlements. Removed pages are used again by SQLite; the file is not made smaller
// (auto_vacuum would write a map page for every page that moves).
constexpr const char* kVersion1 = R"sql(
CREATE TABLE journal(
  first_position INTEGER PRIMARY KEY, count INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, records BLOB NOT NULL);
CREATE TABLE ids(
  first_position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE attempt_log(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, count INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, min_position INTEGER NOT NULL,
  max_position INTEGER NOT NULL, crc INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE parked(
  lane INTEGER NOT NULL, due_ns INTEGER NOT NULL, position INTEGER NOT NULL,
  attempts INTEGER NOT NULL, PRIMARY KEY(lane, due_ns, position)) WITHOUT ROWID;
CREATE TABLE dead(
  lane INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
  outcome INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL,
  since INTEGER NOT NULL, cursor INTEGER, closed INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX open_lanes ON lanes(tenant, name) WHERE closed = 0;
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1), last_position INTEGER NOT NULL,
  watermark INTEGER NOT NULL, attempt_floor INTEGER NOT NULL, event_bytes INTEGER NOT NULL,
  attempt_bytes INTEGER NOT NULL, hash_key BLOB NOT NULL);
INSERT INTO state VALUES(1, 0, 0, 0, 0, 0, randomblob(16));
)sql";

// Order, batches and health. `rest` is NULL for a delivery alone (see batch_rest.h), `disabled` and
// `failing_since` for a destination that is well.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE parked ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parked ADD COLUMN rest BLOB;
ALTER TABLE lanes ADD COLUMN failing_since INTEGER;
ALTER TABLE lanes ADD COLUMN disabled INTEGER;
ALTER TABLE lanes ADD COLUMN disabled_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
)sql";

// What is kept has bounds in bytes: those of a row's events, here estimated from their chunks. From
// this version on a chunk may have gaps (see chunk.h), which the ones before cannot read.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE parked ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE parked SET bytes = (1 + coalesce(length(rest), 0) / 4) * coalesce(
  (SELECT length(records) / count FROM journal WHERE first_position <= parked.position
   ORDER BY first_position DESC LIMIT 1), 0);
)sql";

// From this version on the record of an event that belongs to a trace has another form (see
// model/event.cc), which the ones before cannot read. All others are as they were.
constexpr const char* kVersion4 = "SELECT 1;";

// From this version on `disabled` may be kPrincipal, which the ones before take for damage.
constexpr const char* kVersion5 = "SELECT 1;";

// What the owner's last call did. `called_at` is NULL where no call made the destination what it
// is.
constexpr const char* kVersion6 = R"sql(
ALTER TABLE lanes ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN paused_until INTEGER;
ALTER TABLE lanes ADD COLUMN called_at INTEGER;
ALTER TABLE lanes ADD COLUMN principal TEXT;
ALTER TABLE lanes ADD COLUMN reason TEXT;
)sql";

constexpr const char* kSteps[] = {kVersion1, kVersion2, kVersion3, kVersion4, kVersion5, kVersion6};

absl::Status RunStep(sqlite::Database& database, const char* step, size_t version) {
  absl::Status status = database.Exec("BEGIN IMMEDIATE");
  if (status.ok()) status = database.Exec(step);
  if (status.ok()) status = database.Exec(absl::StrCat("PRAGMA user_version=", version).c_str());
  if (status.ok()) status = database.Exec("COMMIT");
  if (!status.ok()) database.Rollback();
  return status;
}

}  // namespace

std::span<const char* const> SchemaSteps() { return kSteps; }

absl::Status Migrate(sqlite::Database& database, std::span<const char* const> steps) {
  const absl::StatusOr<int64_t> version = database.Scalar("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*version < 0 || static_cast<size_t>(*version) > steps.size()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "it was made by a newer version of Carillon (schema ", *version, ", this program knows ",
        steps.size(), "): start that version, or give this one another data folder"));
  }
  for (size_t next = static_cast<size_t>(*version); next < steps.size(); ++next) {
    const absl::Status status = RunStep(database, steps[next], next + 1);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<sqlite::Database> OpenConnection(const std::string& path, const char* vfs) {
  absl::StatusOr<sqlite::Database> database = sqlite::Database::Open(path, vfs);
  if (!database.ok()) return database;
  // secure_delete: Debian compiles it in; it would write zeros over all that retention removes.
  // wal_autocheckpoint: checkpoints run beside the writer. journal_size_limit: a write-ahead file
  // that grew in a burst is cut back when it starts anew.
  const absl::Status status = database->Exec(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
      "PRAGMA secure_delete=OFF; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;");
  if (!status.ok()) return status;
  // After a failed sync nothing may be copied into the database, not by closing it either.
  sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

}  // namespace carillon::journal
