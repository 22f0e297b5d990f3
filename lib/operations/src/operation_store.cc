#include "carillon/operations/operation_store.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/sqlite/database.h"

namespace carillon::operations {
namespace {

constexpr int64_t kApplicationId = 0x43724f70;  // "CrOp"
constexpr int64_t kSchema = 2;

constexpr char kMake[] = R"(
CREATE TABLE operation(
  name TEXT PRIMARY KEY, operation BLOB NOT NULL, revision INTEGER NOT NULL,
  request BLOB NOT NULL, request_key BLOB NOT NULL,
  cursor INTEGER NOT NULL, end INTEGER NOT NULL,
  counted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE state(key BLOB NOT NULL);
INSERT INTO state VALUES(randomblob(32));
)";

// Step 2: outcomes of deliveries are counted.
constexpr char kStep2[] = R"(
BEGIN IMMEDIATE;
ALTER TABLE operation ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version=2;
COMMIT
)";

absl::Status AtPath(const std::string& path, const absl::Status& why) {
  return absl::Status(why.code(), absl::StrCat(path, ": ", why.message()));
}

absl::Status MakeTables(sqlite::Database& db) {
  for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                             "PRAGMA wal_autocheckpoint=256", "PRAGMA cell_size_check=ON"}) {
    if (absl::Status status = db.Exec(pragma); !status.ok()) return status;
  }
  const auto id = db.Scalar("PRAGMA application_id");
  if (!id.ok()) return id.status();
  const auto version = db.Scalar("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*id == kApplicationId && *version == kSchema) return absl::OkStatus();
  if (*id == kApplicationId && *version > kSchema) {
    return absl::FailedPreconditionError(
        "was written by a newer version of Carillon; start that one, or restore a backup");
  }
  if (*id == kApplicationId && *version == 1) {
    const absl::Status renewed = db.Exec(kStep2);
    if (!renewed.ok()) db.Rollback();
    return renewed;
  }
  const auto tables = db.Scalar("SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  if (*tables > 0 || *id != 0) {
    return absl::FailedPreconditionError("is not a store of operations; move it elsewhere");
  }
  const std::string sql =
      absl::StrCat("BEGIN IMMEDIATE;", kMake, "PRAGMA application_id=", kApplicationId,
                   ";PRAGMA user_version=", kSchema, ";COMMIT");
  const absl::Status made = db.Exec(sql.c_str());
  if (!made.ok()) db.Rollback();
  return made;
}

class SqliteOperationStore final : public OperationStore {
 public:
  explicit SqliteOperationStore(sqlite::Database db) : db_(std::move(db)) {}

  absl::Status Prepare() {
    const std::pair<sqlite::Statement*, const char*> statements[] = {
        {&all_,
         "SELECT name, operation, revision, request, request_key, cursor, end, counted FROM "
         "operation "
         "ORDER BY name"},
        {&put_, "INSERT OR REPLACE INTO operation VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
        {&remove_, "DELETE FROM operation WHERE name = ?1"}};
    for (const auto& [statement, sql] : statements) {
      auto prepared = db_.Prepare(sql);
      if (!prepared.ok()) return prepared.status();
      *statement = *std::move(prepared);
    }
    auto key = db_.Prepare("SELECT key FROM state");
    if (!key.ok()) return key.status();
    const absl::StatusOr<bool> there = key->Step();
    if (!there.ok()) return there.status();
    if (!*there || key->Blob(0).empty()) return absl::DataLossError("its key is gone");
    key_ = base::Secret(std::string(key->Blob(0)));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<StoredOperation>> Load() override {
    std::vector<StoredOperation> stored;
    while (true) {
      const absl::StatusOr<bool> row = all_.Step();
      if (!row.ok()) return row.status();
      if (!*row) return stored;
      StoredOperation& one = stored.emplace_back();
      const std::string_view message = all_.Blob(1);
      if (!one.operation.ParseFromArray(message.data(), static_cast<int>(message.size())) ||
          one.operation.name() != all_.Blob(0)) {
        const std::string name(all_.Blob(0));
        all_.Reset();
        return absl::DataLossError(absl::StrCat("the row of ", name, " is damaged"));
      }
      one.revision = static_cast<uint64_t>(all_.Int(2));
      one.request = all_.Blob(3);
      one.request_key = all_.Blob(4);
      one.cursor = static_cast<uint64_t>(all_.Int(5));
      one.end = static_cast<uint64_t>(all_.Int(6));
      one.counted = static_cast<uint64_t>(all_.Int(7));
    }
  }

  absl::Status Put(const StoredOperation& stored) override {
    const std::string message = stored.operation.SerializeAsString();
    return put_.BindText(1, stored.operation.name())
        .BindBlob(2, message)
        .Bind(3, static_cast<int64_t>(stored.revision))
        .BindBlob(4, stored.request)
        .BindBlob(5, stored.request_key)
        .Bind(6, static_cast<int64_t>(stored.cursor))
        .Bind(7, static_cast<int64_t>(stored.end))
        .Bind(8, static_cast<int64_t>(stored.counted))
        .Run();
  }

  absl::Status Remove(const std::string& name) override { return remove_.BindText(1, name).Run(); }

  const base::Secret& key() const override { return key_; }

 private:
  sqlite::Database db_;
  sqlite::Statement all_;
  sqlite::Statement put_;
  sqlite::Statement remove_;
  base::Secret key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<OperationStore>> OperationStore::Open(const std::string& path) {
  if (absl::Status status = sqlite::MakeOwnersFile(path); !status.ok()) return status;
  auto db = sqlite::Database::Open(path, nullptr);
  if (!db.ok()) return AtPath(path, db.status());
  if (!db->writable()) return absl::PermissionDeniedError(path + ": cannot be written");
  if (absl::Status status = MakeTables(*db); !status.ok()) return AtPath(path, status);
  auto store = std::make_unique<SqliteOperationStore>(*std::move(db));
  if (absl::Status status = store->Prepare(); !status.ok()) return AtPath(path, status);
  return store;
}

}  // namespace carillon::operations
