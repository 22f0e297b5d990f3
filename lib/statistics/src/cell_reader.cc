#include "cell_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cell_file.h"

namespace carillon::statistics {
namespace {

using std::chrono::minutes;

/// Rows between two looks at the clock.
constexpr size_t kRowsPerLook = 1024;

int64_t FloorTo(int64_t value, int64_t unit) {
  const int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

int64_t MinuteOf(base::WallTime time) {
  return std::chrono::floor<minutes>(time.time_since_epoch()).count();
}

absl::Status TooMuchWork() { return absl::OutOfRangeError("the query needs too much work"); }

absl::Status Damaged() { return absl::DataLossError("a cell of the statistics is damaged"); }

}  // namespace

void CellReader::Close() { database_.reset(); }

absl::Status CellReader::Open() {
  if (database_) return absl::OkStatus();
  absl::StatusOr<sqlite::Database> database = CellFile::OpenAgain(path_);
  if (!database.ok()) return database.status();
  database_ = *std::move(database);
  return absl::OkStatus();
}

absl::StatusOr<Result> CellReader::Find(const Query& query) {
  if (absl::Status status = Open(); !status.ok()) return status;
  rows_left_ = query.max_rows;
  until_ = clock_.Mono() + query.max_time;
  if (absl::Status status = database_->Exec("BEGIN"); !status.ok()) return status;
  absl::StatusOr<Result> result = FindIn(query);
  database_->Rollback();
  return result;
}

absl::StatusOr<Result> CellReader::FindIn(const Query& query) {
  const absl::StatusOr<Plan> plan = MakePlan(query);
  if (!plan.ok()) return plan.status();
  const auto kept_from = KeptFrom(plan->length);
  if (!kept_from.ok()) return kept_from.status();
  const minutes unit = kDurations[static_cast<size_t>(plan->length)];
  Result result{.from = base::WallTime(unit * plan->start),
                .step = unit * plan->per_step,
                .kept_from = base::WallTime(unit * *kept_from)};
  if (query.group_by != GroupBy::kSubject) {
    if (absl::Status status = ReadGroups(query, *plan, result); !status.ok()) return status;
    return result;
  }
  for (const Subject& subject : query.subjects) {
    Series& series = result.series.emplace_back();
    series.subject = subject;
    series.cells.resize(plan->steps);
    const auto number = NumberOf(subject);
    if (!number.ok()) return number.status();
    if (!*number) continue;
    if (absl::Status status = ReadSubject(*plan, **number, series); !status.ok()) return status;
  }
  return result;
}

// Hours are read where they say the same, since they are fewer, and where minutes are gone.
absl::StatusOr<CellReader::Plan> CellReader::MakePlan(const Query& query) {
  const auto kept_from = KeptFrom(Length::kMinute);
  if (!kept_from.ok()) return kept_from.status();
  const int64_t from = MinuteOf(query.from);
  const int64_t step = std::max<int64_t>(query.step.count(), 1);
  const bool whole_hours = step % 60 == 0 && from % 60 == 0;
  Plan plan;
  if (whole_hours || from < *kept_from) {
    plan = {Length::kHour, FloorTo(from, 60) / 60, (step + 59) / 60, 0};
  } else {
    plan = {Length::kMinute, from, step, 0};
  }
  const auto unit = kDurations[static_cast<size_t>(plan.length)] * plan.per_step;
  const auto length =
      query.to - base::WallTime(kDurations[static_cast<size_t>(plan.length)] * plan.start);
  if (length.count() > 0) {
    plan.steps = static_cast<size_t>((length + unit - std::chrono::nanoseconds(1)) / unit);
  }
  return plan;
}

absl::StatusOr<int64_t> CellReader::KeptFrom(Length length) {
  return database_->Scalar(absl::StrCat("SELECT value FROM head WHERE key = '",
                                        kKeptFrom[static_cast<size_t>(length)], "'"));
}

absl::Status CellReader::Work() {
  if (rows_left_ == 0) return TooMuchWork();
  --rows_left_;
  if (rows_left_ % kRowsPerLook == 0 && clock_.Mono() > until_) return TooMuchWork();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> CellReader::NumberOf(const Subject& subject) {
  auto find = database_->Prepare(
      absl::StrCat("SELECT number FROM subject WHERE tenant = ?1 AND destination = ?2",
                   subject.uid ? " AND uid = ?3" : " ORDER BY number DESC LIMIT 1"));
  if (!find.ok()) return find.status();
  find->BindText(1, subject.tenant).BindText(2, subject.destination);
  if (subject.uid) find->BindText(3, *subject.uid);
  const absl::StatusOr<bool> found = find->Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::nullopt;
  return static_cast<uint32_t>(find->Int(0));
}

absl::Status CellReader::ReadSubject(const Plan& plan, uint32_t subject, Series& series) {
  const std::string table = kTables[static_cast<size_t>(plan.length)];
  const auto first = database_->Scalar("SELECT min(start) FROM " + table, INT64_MAX);
  if (!first.ok()) return first.status();
  const auto last = database_->Scalar("SELECT max(start) FROM " + table, INT64_MIN);
  if (!last.ok()) return last.status();
  auto get = database_->Prepare("SELECT cell FROM " + table + " WHERE start = ?1 AND subject = ?2");
  if (!get.ok()) return get.status();
  const int64_t end = std::min(plan.end() - 1, *last);
  for (int64_t at = std::max(plan.start, *first); at <= end; ++at) {
    if (absl::Status status = Work(); !status.ok()) return status;
    const absl::StatusOr<bool> found = get->Bind(1, at).Bind(2, subject).Step();
    if (!found.ok()) return found.status();
    if (!*found) continue;
    const bool whole = series.cells[plan.StepOf(at)].MergeFrom(get->Blob(0));
    get->Reset();
    if (!whole) return Damaged();
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::flat_hash_map<uint32_t, Subject>> CellReader::Members(const Query& query) {
  const bool tenants = query.group_by == GroupBy::kTenant;
  const Subject& of = query.subjects.front();
  std::string sql =
      absl::StrCat("SELECT number, tenant, destination, uid FROM subject WHERE destination ",
                   tenants ? "= '' AND tenant <> ''" : "<> ''");
  if (!of.tenant.empty()) sql += " AND tenant = ?1";
  if (!of.destination.empty()) sql += " AND destination = ?2";
  if (of.uid) sql += " AND uid = ?3";
  auto find = database_->Prepare(sql);
  if (!find.ok()) return find.status();
  if (!of.tenant.empty()) find->BindText(1, of.tenant);
  if (!of.destination.empty()) find->BindText(2, of.destination);
  if (of.uid) find->BindText(3, *of.uid);
  absl::flat_hash_map<uint32_t, Subject> members;
  for (;;) {
    const absl::StatusOr<bool> more = find->Step();
    if (!more.ok()) return more.status();
    if (!*more) return members;
    members[static_cast<uint32_t>(find->Int(0))] = SubjectAt(*find);
  }
}

template <typename Visit>
absl::Status CellReader::Scan(const Plan& plan, Visit visit) {
  auto rows = database_->Prepare(absl::StrCat("SELECT start, subject, cell FROM ",
                                              kTables[static_cast<size_t>(plan.length)],
                                              " WHERE start >= ?1 AND start < ?2"));
  if (!rows.ok()) return rows.status();
  rows->Bind(1, plan.start).Bind(2, plan.end());
  for (;;) {
    const absl::StatusOr<bool> more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    if (absl::Status status = Work(); !status.ok()) return status;
    if (!visit(rows->Int(0), static_cast<uint32_t>(rows->Int(1)), rows->Blob(2))) {
      return Damaged();
    }
  }
}

// Twice over the rows: sums first, so that no more than the greatest are held in full.
absl::Status CellReader::ReadGroups(const Query& query, const Plan& plan, Result& result) {
  const auto members = Members(query);
  if (!members.ok()) return members.status();
  absl::flat_hash_map<uint32_t, uint64_t> attempts;
  absl::Status status = Scan(plan, [&](int64_t, uint32_t subject, std::string_view cell) {
    if (members->contains(subject)) attempts[subject] += Cell::AttemptsIn(cell);
    return true;
  });
  if (!status.ok()) return status;
  std::vector<std::pair<uint64_t, uint32_t>> ranks;
  for (const auto& [subject, count] : attempts) ranks.emplace_back(count, subject);
  std::ranges::sort(ranks, [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : members->at(a.second) < members->at(b.second);
  });
  Places places;
  for (const auto& [count, subject] : ranks) {
    const size_t place = std::min(places.size(), Query::kMaxGroups);
    places[subject] = place;
    if (place < result.series.size()) continue;
    Series& series = result.series.emplace_back();
    series.others = place == Query::kMaxGroups;
    if (!series.others) series.subject = members->at(subject);
    series.cells.resize(plan.steps);
  }
  return Scan(plan, [&](int64_t at, uint32_t subject, std::string_view cell) {
    const auto place = places.find(subject);
    if (place == places.end()) return true;
    return result.series[place->second].cells[plan.StepOf(at)].MergeFrom(cell);
  });
}

}  // namespace carillon::statistics
