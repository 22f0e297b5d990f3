#include "config_table.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::configstore {
namespace {

using store::ConfigChange;
using store::ConfigEntry;
using store::ConfigPage;
using store::ConfigQuery;
using store::ConfigStore;

constexpr int64_t kApplicationId = 0x43724c43;  // "CrLC"
constexpr int64_t kSchema = 1;

constexpr char kMake[] = R"(
CREATE TABLE entries(key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE state(revision INTEGER NOT NULL);
INSERT INTO state VALUES(0);
)";

absl::Status Of(const std::string& path, const absl::Status& why) {
  return absl::Status(why.code(), absl::StrCat(path, ": ", why.message()));
}

/// Makes the tables of an empty file; refuses what is another's or of a newer version.
absl::Status MakeSchema(sqlite::Database& db) {
  // Each commit is synced.
  for (const char* pragma : {"PRAGMA synchronous=FULL", "PRAGMA cell_size_check=ON"}) {
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
  const auto tables = db.Scalar("SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  if (*tables > 0 || *id != 0) {
    return absl::FailedPreconditionError("is not a configuration store; move it elsewhere");
  }
  const std::string sql =
      absl::StrCat("BEGIN IMMEDIATE;", kMake, "PRAGMA application_id=", kApplicationId,
                   ";PRAGMA user_version=", kSchema, ";COMMIT");
  const absl::Status made = db.Exec(sql.c_str());
  if (!made.ok()) db.Rollback();
  return made;
}

std::string Shown(const std::string& key) { return absl::StrCat("\"", key, "\""); }

/// What a set must be whatever is stored.
absl::Status Check(const std::vector<ConfigChange>& changes) {
  if (changes.size() > ConfigStore::kMaxChanges) {
    return absl::InvalidArgumentError(
        absl::StrCat(changes.size(), " changes in a set; at most ", ConfigStore::kMaxChanges));
  }
  std::set<std::string_view> keys;
  for (const ConfigChange& change : changes) {
    if (change.key.empty() || change.key.size() > ConfigStore::kMaxKeyBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("a key of ", change.key.size(), " bytes; 1 to ", ConfigStore::kMaxKeyBytes));
    }
    if (change.value && change.value->size() > ConfigStore::kMaxValueBytes) {
      return absl::InvalidArgumentError(absl::StrCat(Shown(change.key), ": ", change.value->size(),
                                                     " bytes; at most ",
                                                     ConfigStore::kMaxValueBytes));
    }
    if (!keys.insert(change.key).second) {
      return absl::InvalidArgumentError(absl::StrCat(Shown(change.key), " is in the set twice"));
    }
  }
  return absl::OkStatus();
}

/// ABORTED is for entries that are not as expected; nobody else is to hold the file.
absl::Status Hard(const absl::Status& status) {
  return absl::IsAborted(status) ? absl::UnavailableError(std::string(status.message())) : status;
}

/// What comes after all keys that begin so.
std::string EndOf(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::string(ConfigStore::kMaxKeyBytes + 1, '\xff');
  ++prefix.back();
  return prefix;
}

ConfigEntry EntryOf(const sqlite::Statement& row) {
  return {std::string(row.Blob(0)), std::string(row.Blob(1)), static_cast<uint64_t>(row.Int(2))};
}

}  // namespace

absl::StatusOr<ConfigTable> ConfigTable::Open(const std::string& path, size_t max_bytes) {
  if (absl::Status status = sqlite::MakeOwnersFile(path); !status.ok()) return status;
  auto db = sqlite::Database::Open(path, nullptr);
  if (!db.ok()) return Of(path, db.status());
  if (!db->writable()) return absl::PermissionDeniedError(path + ": cannot be written");
  if (absl::Status status = MakeSchema(*db); !status.ok()) return Of(path, status);
  // The write-ahead file is kept small.
  for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=256"}) {
    if (absl::Status status = db->Exec(pragma); !status.ok()) return Of(path, status);
  }
  ConfigTable table(*std::move(db), max_bytes);
  if (absl::Status status = table.Prepare(); !status.ok()) return Of(path, status);
  return table;
}

absl::Status ConfigTable::Prepare() {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&get_, "SELECT key, value, revision FROM entries WHERE key = ?1"},
      {&look_, "SELECT revision, length(key) + length(value) FROM entries WHERE key = ?1"},
      {&list_,
       "SELECT key, value, revision FROM entries WHERE key > ?1 AND key >= ?2 ORDER BY key"},
      {&list_back_,
       "SELECT key, value, revision FROM entries WHERE key < ?1 AND key < ?2 ORDER BY key DESC"},
      {&put_,
       "INSERT INTO entries VALUES(?1, ?2, ?3) ON CONFLICT(key) "
       "DO UPDATE SET value = ?2, revision = ?3"},
      {&delete_, "DELETE FROM entries WHERE key = ?1"},
      {&advance_, "UPDATE state SET revision = ?1"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = db_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  const auto revision = db_.Scalar("SELECT revision FROM state", -1);
  if (!revision.ok()) return revision.status();
  if (*revision < 0) return absl::DataLossError("its revision is gone; restore a backup");
  const auto bytes = db_.Scalar("SELECT sum(length(key) + length(value)) FROM entries");
  if (!bytes.ok()) return bytes.status();
  revision_ = static_cast<uint64_t>(*revision);
  bytes_ = static_cast<size_t>(*bytes);
  return absl::OkStatus();
}

absl::Status ConfigTable::Write(std::vector<ConfigChange>& changes) {
  if (absl::Status status = Check(changes); !status.ok()) return status;
  size_t bytes = bytes_;
  absl::Status status = Hard(db_.Exec("BEGIN IMMEDIATE"));
  if (status.ok()) status = Apply(changes, bytes);
  if (status.ok() && !changes.empty()) {
    status = advance_.Bind(1, static_cast<int64_t>(revision_ + 1)).Run();
  }
  if (status.ok()) status = Hard(db_.Exec("COMMIT"));
  if (!status.ok()) {
    db_.Rollback();
    return status;
  }
  if (changes.empty()) return absl::OkStatus();
  ++revision_;
  bytes_ = bytes;
  return absl::OkStatus();
}

absl::Status ConfigTable::Apply(std::vector<ConfigChange>& changes, size_t& bytes) {
  std::vector<ConfigChange> made;
  for (ConfigChange& change : changes) {
    const auto known = Look(change.key);
    if (!known.ok()) return known.status();
    if (change.expected && *change.expected != known->revision) {
      return absl::AbortedError(absl::StrCat(
          Shown(change.key), known->revision == 0 ? " is not there" : " is of revision ",
          known->revision == 0 ? "" : absl::StrCat(known->revision), ", not ", *change.expected));
    }
    if (!change.value && known->revision == 0) continue;
    bytes -= known->bytes;
    absl::Status status;
    if (change.value) {
      bytes += change.key.size() + change.value->size();
      status = put_.BindBlob(1, change.key)
                   .BindBlob(2, *change.value)
                   .Bind(3, static_cast<int64_t>(revision_ + 1))
                   .Run();
    } else {
      status = delete_.BindBlob(1, change.key).Run();
    }
    if (!status.ok()) return status;
    made.push_back(std::move(change));
  }
  if (bytes > max_bytes_ && bytes > bytes_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the configuration would be ", bytes, " bytes; at most ", max_bytes_));
  }
  changes = std::move(made);
  return absl::OkStatus();
}

absl::StatusOr<ConfigTable::Known> ConfigTable::Look(const std::string& key) {
  const auto there = look_.BindBlob(1, key).Step();
  if (!there.ok()) return there.status();
  if (!*there) return Known{};
  const Known known{static_cast<uint64_t>(look_.Int(0)), static_cast<size_t>(look_.Int(1))};
  look_.Reset();
  return known;
}

absl::StatusOr<ConfigEntry> ConfigTable::Get(const std::string& key) {
  const auto there = get_.BindBlob(1, key).Step();
  if (!there.ok()) return there.status();
  if (!*there) return absl::NotFoundError(Shown(key));
  ConfigEntry entry = EntryOf(get_);
  get_.Reset();
  return entry;
}

absl::StatusOr<ConfigPage> ConfigTable::List(const ConfigQuery& query) {
  if (query.limit < 1 || query.limit > ConfigQuery::kMaxPage) {
    return absl::InvalidArgumentError(
        absl::StrCat("a limit of ", query.limit, "; 1 to ", ConfigQuery::kMaxPage));
  }
  ConfigPage page;
  page.revision = revision_;
  sqlite::Statement& list = query.backwards ? list_back_ : list_;
  const std::string end = EndOf(query.prefix);
  if (query.backwards) {
    list.BindBlob(1, query.after.empty() ? end : query.after).BindBlob(2, end);
  } else {
    list.BindBlob(1, query.after).BindBlob(2, query.prefix);
  }
  while (true) {
    const auto there = list.Step();
    if (!there.ok()) return there.status();
    if (!*there || !list.Blob(0).starts_with(query.prefix)) break;
    if (page.entries.size() == query.limit) {
      page.more = true;
      break;
    }
    page.entries.push_back(EntryOf(list));
  }
  list.Reset();
  return page;
}

absl::StatusOr<std::map<std::string, ConfigEntry>> ConfigTable::All() {
  std::map<std::string, ConfigEntry> all;
  list_.BindBlob(1, "").BindBlob(2, "");
  while (true) {
    const auto there = list_.Step();
    if (!there.ok()) return there.status();
    if (!*there) return all;
    ConfigEntry entry = EntryOf(list_);
    std::string key = entry.key;
    all.emplace_hint(all.end(), std::move(key), std::move(entry));
  }
}

}  // namespace carillon::configstore
