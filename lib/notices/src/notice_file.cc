#include "notice_file.h"

#include <optional>
#include <set>
#include <utility>

#include "carillon/sqlite/kept_file.h"
#include "pending_notices.h"

namespace carillon::notices {
namespace {

// Times are in microseconds since the epoch; numbers of enumerations are those of the code.
constexpr sqlite::Format kFormat = {.application_id = 0x4361724e,  // "CarN"
                                    .version = 1,
                                    .schema = R"(
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE notice(id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL,
  destination TEXT NOT NULL, uid TEXT NOT NULL, kind INTEGER NOT NULL, text TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, outcome INTEGER,
  http_status INTEGER NOT NULL, disabled INTEGER, since INTEGER, principal TEXT NOT NULL);
CREATE INDEX notice_of_tenant ON notice(tenant, id);
CREATE INDEX notice_of_destination ON notice(tenant, destination, uid, kind, id);
)",
                                    .what = "notices"};
constexpr auto kLastOutcome = static_cast<model::Outcome>(model::kOutcomeCount - 1);
constexpr char kColumns[] =
    "id, tenant, destination, uid, kind, text, first, last, count, outcome, http_status, disabled, "
    "since, principal";

int64_t Micros(base::WallTime time) {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

base::WallTime FromMicros(int64_t micros) {
  return base::WallTime(std::chrono::microseconds(micros));
}

/// The number of an enumeration that ends at `last`; nullopt: there is none, or no such one.
template <typename Enum>
std::optional<Enum> EnumAt(const sqlite::Statement& row, int column, Enum last) {
  const int64_t number = row.Null(column) ? -1 : row.Int(column);
  if (number < 0 || number > static_cast<int64_t>(last)) return std::nullopt;
  return static_cast<Enum>(number);
}

Notice NoticeAt(const sqlite::Statement& row) {
  Notice notice{.tenant = std::string(row.Blob(1)),
                .destination = std::string(row.Blob(2)),
                .uid = std::string(row.Blob(3)),
                .kind = EnumAt(row, 4, kLastKind).value_or(Kind::kStarted),
                .first = FromMicros(row.Int(6)),
                .last = FromMicros(row.Int(7)),
                .count = static_cast<uint64_t>(row.Int(8)),
                .outcome = EnumAt(row, 9, kLastOutcome),
                .http_status = static_cast<uint16_t>(row.Int(10)),
                .disabled = EnumAt(row, 11, model::DisabledReason::kPrincipal),
                .principal = std::string(row.Blob(13)),
                .text = std::string(row.Blob(5))};
  if (!row.Null(12)) notice.since = FromMicros(row.Int(12));
  return notice;
}

template <typename Enum>
void BindMaybe(sqlite::Statement& statement, int index, std::optional<Enum> value) {
  if (value) {
    statement.Bind(index, static_cast<int64_t>(*value));
  } else {
    statement.BindNull(index);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<NoticeFile>> NoticeFile::Open(const Options& options) {
  absl::StatusOr<sqlite::Database> database = sqlite::OpenKept(options.path, kFormat);
  if (!database.ok()) return database.status();
  std::unique_ptr<NoticeFile> file(new NoticeFile(options, *std::move(database)));
  if (absl::Status status = file->Prepare(); !status.ok()) return status;
  return file;
}

absl::Status NoticeFile::Prepare() {
  const std::string columns = kColumns;
  const std::pair<sqlite::Statement*, std::string> statements[] = {
      {&find_, "SELECT " + columns +
                   " FROM notice WHERE tenant = ?1 AND destination = ?2 AND uid = ?3 AND "
                   "kind = ?4 AND text = ?5 AND last >= ?6 AND principal = ?7 AND disabled IS ?8 "
                   "ORDER BY id DESC LIMIT 1"},
      {&put_, "INSERT INTO notice(" + columns +
                  ") VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"},
      {&remove_, "DELETE FROM notice WHERE id = ?1"},
      {&trim_all_,
       "DELETE FROM notice WHERE id <= (SELECT id FROM notice ORDER BY id DESC LIMIT 1 OFFSET ?1)"},
      {&trim_tenant_,
       "DELETE FROM notice WHERE tenant = ?1 AND id <= (SELECT id FROM notice WHERE tenant = ?1 "
       "ORDER BY id DESC LIMIT 1 OFFSET ?2)"},
      {&trim_old_, "DELETE FROM notice WHERE last < ?1"},
      {&read_,
       "SELECT " + columns + " FROM notice WHERE id < ?1 AND last >= ?2 ORDER BY id DESC LIMIT ?3"},
      {&read_tenant_,
       "SELECT " + columns +
           " FROM notice WHERE tenant = ?4 AND id < ?1 AND last >= ?2 ORDER BY id DESC LIMIT ?3"}};
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<sqlite::Statement> prepared = database_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status NoticeFile::Add(const std::vector<Notice>& notices, base::WallTime now) {
  return sqlite::Transact(database_, [&] {
    for (const Notice& notice : notices) {
      if (absl::Status status = AddOne(notice); !status.ok()) return status;
    }
    return Trim(notices, now);
  });
}

absl::Status NoticeFile::AddOne(const Notice& notice) {
  const absl::StatusOr<Notice> merged = Merged(notice);
  if (!merged.ok()) return merged.status();
  put_.BindText(1, merged->tenant)
      .BindText(2, merged->destination)
      .BindText(3, merged->uid)
      .Bind(4, static_cast<int64_t>(merged->kind))
      .BindText(5, merged->text)
      .Bind(6, Micros(merged->first))
      .Bind(7, Micros(merged->last))
      .Bind(8, static_cast<int64_t>(merged->count))
      .Bind(10, merged->http_status)
      .BindText(13, merged->principal);
  BindMaybe(put_, 9, merged->outcome);
  BindMaybe(put_, 11, merged->disabled);
  BindMaybe(put_, 12, merged->since ? std::optional(Micros(*merged->since)) : std::nullopt);
  return put_.Run();
}

absl::StatusOr<Notice> NoticeFile::Merged(const Notice& notice) {
  find_.BindText(1, notice.tenant)
      .BindText(2, notice.destination)
      .BindText(3, notice.uid)
      .Bind(4, static_cast<int64_t>(notice.kind))
      .BindText(5, notice.text)
      .Bind(6, Micros(notice.first - options_.merge_within))
      .BindText(7, notice.principal);
  BindMaybe(find_, 8, notice.disabled);
  const absl::StatusOr<bool> found = find_.Step();
  if (!found.ok()) return found.status();
  if (!*found) return notice;
  const int64_t id = find_.Int(0);
  Notice merged = Merge(NoticeAt(find_), notice);
  find_.Reset();
  if (absl::Status status = remove_.Bind(1, id).Run(); !status.ok()) return status;
  return merged;
}

absl::Status NoticeFile::Trim(const std::vector<Notice>& added, base::WallTime now) {
  std::set<std::string_view> tenants;
  for (const Notice& notice : added) tenants.insert(notice.tenant);
  for (const std::string_view tenant : tenants) {
    trim_tenant_.BindText(1, tenant).Bind(2, static_cast<int64_t>(options_.max_of_tenant));
    if (absl::Status status = trim_tenant_.Run(); !status.ok()) return status;
  }
  trim_all_.Bind(1, static_cast<int64_t>(options_.max_notices));
  if (absl::Status status = trim_all_.Run(); !status.ok()) return status;
  return trim_old_.Bind(1, Micros(now - options_.max_age)).Run();
}

absl::StatusOr<std::vector<NoticeStore::Kept>> NoticeFile::Read(int64_t below, size_t limit,
                                                                const std::string& tenant,
                                                                base::WallTime now) {
  sqlite::Statement& read = tenant.empty() ? read_ : read_tenant_;
  read.Bind(1, below).Bind(2, Micros(now - options_.max_age)).Bind(3, static_cast<int64_t>(limit));
  if (!tenant.empty()) read.BindText(4, tenant);
  std::vector<NoticeStore::Kept> found;
  for (;;) {
    const absl::StatusOr<bool> more = read.Step();
    if (!more.ok()) return more.status();
    if (!*more) return found;
    found.push_back({read.Int(0), NoticeAt(read)});
  }
}

}  // namespace carillon::notices
