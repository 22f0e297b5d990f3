#include "cell_file.h"

#include "carillon/sqlite/kept_file.h"

namespace carillon::statistics {
namespace {

// Of one turn: the file is given back piece by piece.
constexpr char kShrink[] = "PRAGMA incremental_vacuum(2048)";

constexpr sqlite::Format kFormat = {.application_id = kApplicationId,
                                    .version = kFormatVersion,
                                    .schema = kSchema,
                                    .what = "statistics"};

}  // namespace

Subject SubjectAt(const sqlite::Statement& row) {
  Subject subject{.tenant = std::string(row.Blob(1)), .destination = std::string(row.Blob(2))};
  if (!subject.destination.empty()) subject.uid = std::string(row.Blob(3));
  return subject;
}

absl::StatusOr<std::unique_ptr<CellFile>> CellFile::Open(const std::string& path) {
  absl::StatusOr<sqlite::Database> database = sqlite::OpenKept(path, kFormat);
  if (!database.ok()) return database.status();
  std::unique_ptr<CellFile> file(new CellFile(*std::move(database)));
  if (absl::Status status = file->Prepare(); !status.ok()) return status;
  return file;
}

absl::StatusOr<sqlite::Database> CellFile::OpenAgain(const std::string& path) {
  absl::StatusOr<sqlite::Database> database = sqlite::Database::Open(path, nullptr);
  if (!database.ok()) return database;
  const absl::Status status = database->Exec("PRAGMA query_only = ON");
  if (!status.ok()) return status;
  return database;
}

absl::Status CellFile::Prepare() {
  const auto prepare = [this](sqlite::Statement& statement, const std::string& sql) {
    absl::StatusOr<sqlite::Statement> prepared = database_.Prepare(sql);
    if (prepared.ok()) statement = *std::move(prepared);
    return prepared.status();
  };
  absl::Status status;
  for (size_t i = 0; i < kLengths; ++i) {
    const std::string table = kTables[i];
    status.Update(prepare(get_[i], "SELECT cell FROM " + table + " WHERE start=?1 AND subject=?2"));
    status.Update(prepare(put_[i], "INSERT OR REPLACE INTO " + table + " VALUES(?1, ?2, ?3)"));
    status.Update(prepare(oldest_[i], "SELECT min(start) FROM " + table));
    status.Update(prepare(remove_[i], "DELETE FROM " + table + " WHERE start = ?1"));
  }
  status.Update(prepare(save_, "INSERT OR REPLACE INTO subject VALUES(?1, ?2, ?3, ?4, ?5)"));
  status.Update(prepare(forget_, "DELETE FROM subject WHERE number = ?1"));
  status.Update(prepare(set_head_, "INSERT OR REPLACE INTO head VALUES(?1, ?2)"));
  return status;
}

absl::Status CellFile::Restore(Subjects& subjects) {
  // Tenants have no destination: they come first.
  absl::StatusOr<sqlite::Statement> all = database_.Prepare(
      "SELECT number, tenant, destination, uid, last_hour FROM subject ORDER BY destination");
  if (!all.ok()) return all.status();
  for (;;) {
    const absl::StatusOr<bool> more = all->Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    subjects.Restore(static_cast<uint32_t>(all->Int(0)), SubjectAt(*all), all->Int(4));
  }
}

absl::Status CellFile::Add(const Cells& cells, const Subjects& subjects,
                           const std::vector<uint32_t>& unsaved) {
  return sqlite::Transact(database_, [&] { return AddAll(cells, subjects, unsaved); });
}

absl::Status CellFile::AddAll(const Cells& cells, const Subjects& subjects,
                              const std::vector<uint32_t>& unsaved) {
  for (const uint32_t number : unsaved) {
    const Subjects::Known& known = subjects.Get(number);
    const std::string uid = known.subject.uid.value_or("");  // bound by its bytes
    save_.Bind(1, number)
        .BindText(2, known.subject.tenant)
        .BindText(3, known.subject.destination)
        .BindText(4, uid)
        .Bind(5, known.last_hour);
    if (absl::Status status = save_.Run(); !status.ok()) return status;
  }
  Cells hours;
  for (const auto& [at, cell] : cells) {
    const auto& [start, subject] = at;
    if (absl::Status status = AddTo(Length::kMinute, start, subject, cell); !status.ok()) {
      return status;
    }
    const int64_t hour = (start - ((start % 60) + 60) % 60) / 60;
    hours[{hour, subject}].Merge(cell);
  }
  for (const auto& [at, cell] : hours) {
    absl::Status status = AddTo(Length::kHour, at.first, at.second, cell);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CellFile::AddTo(Length length, int64_t start, uint32_t subject, const Cell& cell) {
  const auto table = static_cast<size_t>(length);
  get_[table].Bind(1, start).Bind(2, subject);
  const absl::StatusOr<bool> found = get_[table].Step();
  if (!found.ok()) return found.status();
  Cell sum = cell;
  if (*found) {
    const bool whole = sum.MergeFrom(get_[table].Blob(0));
    get_[table].Reset();
    if (!whole) return absl::DataLossError("a cell of the statistics is damaged");
  }
  bytes_.clear();
  sum.AppendTo(bytes_);
  return put_[table].Bind(1, start).Bind(2, subject).BindBlob(3, bytes_).Run();
}

absl::Status CellFile::Remove(const std::vector<uint32_t>& subjects) {
  return sqlite::Transact(database_, [&] {
    for (const uint32_t number : subjects) {
      if (absl::Status status = forget_.Bind(1, number).Run(); !status.ok()) return status;
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> CellFile::RemoveOldest(Length length, int64_t before) {
  const auto table = static_cast<size_t>(length);
  const absl::StatusOr<bool> row = oldest_[table].Step();
  if (!row.ok()) return row.status();
  const bool none = !*row || oldest_[table].Null(0);
  const int64_t start = none ? 0 : oldest_[table].Int(0);
  oldest_[table].Reset();
  if (none || start >= before) return false;
  const absl::Status status = sqlite::Transact(database_, [&]() -> absl::Status {
    absl::Status removed = remove_[table].Bind(1, start).Run();
    if (!removed.ok()) return removed;
    return set_head_.BindText(1, kKeptFrom[table]).Bind(2, start + 1).Run();
  });
  if (!status.ok()) return status;
  return true;
}

absl::StatusOr<uint64_t> CellFile::UsedBytes() {
  const auto size = database_.Scalar("PRAGMA page_size");
  if (!size.ok()) return size.status();
  const auto pages = database_.Scalar("PRAGMA page_count");
  if (!pages.ok()) return pages.status();
  const auto free = database_.Scalar("PRAGMA freelist_count");
  if (!free.ok()) return free.status();
  return static_cast<uint64_t>((*pages - *free) * *size);
}

absl::Status CellFile::Shrink(uint64_t max_bytes) {
  const auto size = database_.Scalar("PRAGMA page_size");
  if (!size.ok()) return size.status();
  const auto pages = database_.Scalar("PRAGMA page_count");
  if (!pages.ok()) return pages.status();
  if (static_cast<uint64_t>(*pages * *size) <= max_bytes) return absl::OkStatus();
  return database_.Exec(kShrink);
}

}  // namespace carillon::statistics
