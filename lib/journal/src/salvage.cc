#include "salvage.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "batch_rest.h"
#include "due_key.h"
#include "leaf_scan.h"
#include "lost_chunk.h"
#include "parked_row.h"

namespace carillon::journal {
namespace {

constexpr uint64_t kBytesInATransaction = 32 << 20;

using Kind = LeafValue::Kind;

bool Is(const std::vector<LeafValue>& row, std::initializer_list<Kind> kinds) {
  return row.size() == kinds.size() &&
         std::equal(kinds.begin(), kinds.end(), row.begin(),
                    [](Kind kind, const LeafValue& value) { return value.kind == kind; });
}

}  // namespace

absl::Status Salvager::Run() {
  absl::StatusOr<sqlite::Statement> add =
      to_.Prepare("INSERT OR REPLACE INTO journal VALUES(?,?,?,?,?)");
  if (!add.ok()) return add.status();
  add_events_ = *std::move(add);
  absl::Status status = to_.Exec("BEGIN IMMEDIATE");
  bool state = false;
  bool lanes = false;
  bool ignored = false;
  if (status.ok()) status = to_.Exec("DELETE FROM state");
  if (status.ok()) status = CopyTable("state", state);
  if (status.ok()) status = CopyTable("lanes", lanes);
  if (status.ok()) status = CopyEvents();
  if (status.ok()) status = CopyAttempts();
  for (const char* table : {"ids", "parked", "dead"}) {
    if (status.ok()) status = CopyTable(table, ignored);
  }
  if (status.ok() && (known_.empty() || !dropped_.empty() || !lanes)) status = CopyFromLeaves();
  if (status.ok()) status = SetState();
  if (status.ok()) status = FillLost();
  if (status.ok()) status = DropWithoutEvents();
  if (status.ok()) status = to_.Exec("COMMIT");
  return status;
}

absl::Status Salvager::Batch() {
  if (bytes_ < kBytesInATransaction) return absl::OkStatus();
  bytes_ = 0;
  return to_.Exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE");
}

absl::StatusOr<std::vector<std::string>> Salvager::SharedColumns(const std::string& table) {
  std::vector<std::string> shared;
  absl::flat_hash_set<std::string> known;
  for (sqlite::Database* database : {&from_, &to_}) {
    absl::StatusOr<sqlite::Statement> info =
        database->Prepare(absl::StrCat("SELECT name FROM pragma_table_info('", table, "')"));
    if (!info.ok()) return info.status();
    while (true) {
      const absl::StatusOr<bool> row = info->Step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      std::string name(info->Blob(0));
      if (database == &from_) {
        known.insert(std::move(name));
      } else if (known.contains(name)) {
        shared.push_back(std::move(name));
      }
    }
  }
  if (shared.empty()) return absl::DataLossError("its description is damaged");
  return shared;
}

absl::Status Salvager::CopyTable(const std::string& table, bool& whole) {
  whole = false;
  const absl::StatusOr<std::vector<std::string>> columns = SharedColumns(table);
  if (!columns.ok()) {
    dropped_.Add(absl::StrCat("table ", table, ": ", columns.status().message()));
    return absl::OkStatus();
  }
  const std::string names = absl::StrJoin(*columns, ", ");
  const std::string key = table == "parked"  ? "lane, due_ns, position"
                          : table == "dead"  ? "lane, position"
                          : table == "ids"   ? "first_position"
                          : table == "state" ? "one"
                                             : "id";
  uint64_t copied = 0;
  absl::Status status = CopyRows(table, names, key, columns->size(), whole, copied);
  if (status.ok() && !whole) {  // from the other end, up to what is there
    bool ignored = false;
    const std::string backwards = absl::StrJoin(absl::StrSplit(key, ", "), " DESC, ") + " DESC";
    status = CopyRows(table, names, backwards, columns->size(), ignored, copied);
    dropped_.Add(absl::StrCat("table ", table, ": not all of its rows can be read",
                              table == "lanes" ? "; a destination whose row is lost begins anew, "
                                                 "with the events published from then on"
                                               : ""));
  }
  if (table != "state") facts_.push_back(absl::StrCat(table, ": ", copied, " rows"));
  return status;
}

absl::Status Salvager::CopyRows(const std::string& table, const std::string& columns,
                                const std::string& order, size_t count, bool& whole,
                                uint64_t& copied) {
  absl::StatusOr<sqlite::Statement> rows =
      from_.Prepare(absl::StrCat("SELECT ", columns, " FROM ", table, " ORDER BY ", order));
  if (!rows.ok()) return absl::OkStatus();
  std::vector<std::string> places(count, "?");
  absl::StatusOr<sqlite::Statement> add = to_.Prepare(absl::StrCat(
      "INSERT OR IGNORE INTO ", table, "(", columns, ") VALUES(", absl::StrJoin(places, ","), ")"));
  if (!add.ok()) return add.status();
  while (true) {
    const absl::StatusOr<bool> row = rows->Step();
    if (!row.ok()) return absl::OkStatus();
    if (!*row) break;
    for (size_t i = 0; i < count; ++i) {
      add->BindFrom(static_cast<int>(i) + 1, *rows, static_cast<int>(i));
    }
    const absl::Status added = add->Run();
    if (absl::IsResourceExhausted(added)) return added;
    if (!added.ok() || to_.changes() == 0) continue;
    ++copied;
    bytes_ += 100;
    if (absl::Status status = Batch(); !status.ok()) return status;
  }
  whole = true;
  return absl::OkStatus();
}

absl::Status Salvager::CopyEvents() {
  absl::StatusOr<sqlite::Statement> keys = from_.Prepare(
      "SELECT first_position, count, accepted_at, crc FROM journal "
      "ORDER BY first_position");
  absl::StatusOr<sqlite::Statement> records =
      from_.Prepare("SELECT records FROM journal WHERE first_position = ?");
  if (!keys.ok() || !records.ok()) {
    dropped_.Add("table journal: its description is damaged");
    return absl::OkStatus();
  }
  while (true) {
    const absl::StatusOr<bool> row = keys->Step();
    if (!row.ok()) dropped_.Add("events: a page of their table cannot be read");
    if (!row.ok() || !*row) return absl::OkStatus();
    const ChunkHead head{static_cast<uint64_t>(keys->Int(0)), static_cast<uint32_t>(keys->Int(1)),
                         base::FromUnixNanos(keys->Int(2))};
    const absl::StatusOr<bool> found = records->Bind(1, keys->Int(0)).Step();
    absl::Status status = absl::DataLossError("");
    if (found.ok() && *found) {
      status = AddEvents(head, static_cast<uint32_t>(keys->Int(3)), records->Blob(0));
    }
    records->Reset();
    if (absl::IsDataLoss(status)) {
      dropped_.Add(absl::StrCat("events: a damaged chunk, which said that it held ",
                                PositionsText(head.first_position, head.last_position())));
    } else if (!status.ok()) {
      return status;
    }
  }
}

absl::Status Salvager::AddEvents(const ChunkHead& head, uint32_t crc, std::string_view records) {
  const absl::StatusOr<ChunkView> view = ChunkView::Open(head, crc, records);
  if (!view.ok()) return view.status();
  add_events_.Bind(1, static_cast<int64_t>(head.first_position))
      .Bind(2, head.count)
      .Bind(3, base::ToUnixNanos(head.accepted_at))
      .Bind(4, crc)
      .BindBlob(5, records);
  if (absl::Status status = add_events_.Run(); !status.ok()) return status;
  events_.Add(head.first_position, head.last_position());
  known_.push_back(head.first_position);
  bytes_ += records.size();
  return Batch();
}

absl::Status Salvager::CopyAttempts() {
  bool whole = false;
  if (absl::Status status = CopyTable("attempt_log", whole); !status.ok()) return status;
  absl::StatusOr<sqlite::Statement> rows = to_.Prepare("SELECT id, crc, rows FROM attempt_log");
  if (!rows.ok()) return rows.status();
  std::vector<int64_t> damaged;
  while (true) {
    const absl::StatusOr<bool> row = rows->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    if (BytesCrc(rows->Blob(2)) != static_cast<uint32_t>(rows->Int(1))) {
      damaged.push_back(rows->Int(0));
    }
  }
  for (const int64_t id : damaged) {
    dropped_.Add(absl::StrCat("attempts: chunk ", id,
                              " is damaged; what it settled may be delivered again"));
    const absl::Status status =
        to_.Exec(absl::StrCat("DELETE FROM attempt_log WHERE id = ", id).c_str());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Salvager::CopyFromLeaves() {
  const absl::flat_hash_set<uint64_t> known(known_.begin(), known_.end());
  const absl::StatusOr<int64_t> watermark = to_.Scalar("SELECT watermark FROM state");
  const auto settled = static_cast<uint64_t>(watermark.value_or(0));
  absl::StatusOr<sqlite::Statement> lane =
      to_.Prepare("INSERT OR IGNORE INTO lanes(id, tenant, name, since) VALUES(?,?,?,?)");
  absl::StatusOr<sqlite::Statement> state =
      to_.Prepare("INSERT OR IGNORE INTO state VALUES(1,?,?,?,?,?,?)");
  if (!lane.ok()) return lane.status();
  if (!state.ok()) return state.status();
  absl::Status failed;
  uint64_t found = 0;
  const absl::Status scanned = ForEachLeafRow(image_, [&](int64_t rowid, const auto& row) {
    if (!failed.ok()) return;
    if (Is(row, {Kind::kNull, Kind::kInteger, Kind::kInteger, Kind::kInteger, Kind::kBlob})) {
      const ChunkHead head{static_cast<uint64_t>(rowid), static_cast<uint32_t>(row[1].integer),
                           base::FromUnixNanos(row[2].integer)};
      // One that is settled may be what retention removed.
      if (rowid <= 0 || known.contains(head.first_position) || head.last_position() <= settled) {
        return;
      }
      const absl::Status added =
          AddEvents(head, static_cast<uint32_t>(row[3].integer), row[4].bytes);
      if (added.ok()) ++found;
      if (!added.ok() && !absl::IsDataLoss(added)) failed = added;
    } else if (Is(row, {Kind::kNull, Kind::kInteger, Kind::kInteger, Kind::kInteger, Kind::kInteger,
                        Kind::kInteger, Kind::kBlob}) &&
               row[6].bytes.size() == 16) {
      for (int i = 1; i <= 5; ++i) state->Bind(i, row[i].integer);
      state->BindBlob(6, row[6].bytes).Run().IgnoreError();
    } else if (row.size() >= 6 && row.size() <= 16 && row[0].kind == Kind::kNull &&
               row[1].kind == Kind::kText && row[2].kind == Kind::kText &&
               row[3].kind == Kind::kInteger && row[5].kind == Kind::kInteger &&
               row[5].integer == 0) {
      lane->Bind(1, rowid).BindText(2, row[1].bytes).BindText(3, row[2].bytes);
      lane->Bind(4, row[3].integer).Run().IgnoreError();
    }
  });
  if (found > 0) {
    facts_.push_back(absl::StrCat("events: ", found,
                                  " chunks were found on pages that their table does not reach"));
  }
  return failed.ok() ? scanned : failed;
}

absl::Status Salvager::SetState() {
  events_.Sort();
  const absl::StatusOr<int64_t> rows = to_.Scalar("SELECT count(*) FROM state");
  if (!rows.ok()) return rows.status();
  if (*rows == 0) {
    if (events_.size() == 0) return absl::DataLossError("nothing of the store can be read");
    dropped_.Add("the state: where delivering stood is not known, so everything is due again");
    const absl::Status status =
        to_.Exec("INSERT INTO state VALUES(1, 0, 0, 0, 0, 0, randomblob(16))");
    if (!status.ok()) return status;
  }
  const absl::StatusOr<int64_t> last = to_.Scalar("SELECT last_position FROM state");
  const absl::StatusOr<int64_t> watermark = to_.Scalar("SELECT watermark FROM state");
  if (!last.ok()) return last.status();
  if (!watermark.ok()) return watermark.status();
  last_ = std::max({events_.last(), vouched_, static_cast<uint64_t>(*last)});
  watermark_ = std::min(static_cast<uint64_t>(*watermark), last_);
  if (*rows == 0 && events_.first() > 0) watermark_ = events_.first() - 1;
  return to_.Exec(absl::StrCat("UPDATE state SET last_position = ", last_,
                               ", watermark = ", watermark_,
                               ", event_bytes = (SELECT coalesce(sum(length(records)), 0) FROM "
                               "journal), attempt_bytes = (SELECT coalesce(sum(length(rows)), 0) "
                               "FROM attempt_log)")
                      .c_str());
}

absl::Status Salvager::FillLost() {
  uint64_t lost = 0;
  for (const PositionRanges::Range& gap : events_.Gaps(watermark_ + 1, last_)) {
    lost += gap.last - gap.first + 1;
    dropped_.Add(absl::StrCat("events at ", PositionsText(gap.first, gap.last), " (",
                              gap.last - gap.first + 1,
                              "): lost, with every delivery of them that was not made"));
    for (uint64_t first = gap.first; first <= gap.last; first += kMostLost) {
      const auto count = static_cast<uint32_t>(std::min<uint64_t>(kMostLost, gap.last - first + 1));
      const ChunkHead head{first, count, base::WallTime{}};
      const std::string records = LostRecords(count);
      add_events_.Bind(1, static_cast<int64_t>(first)).Bind(2, count).Bind(3, 0);
      add_events_.Bind(4, ChunkCrc(head, records)).BindBlob(5, records);
      if (absl::Status status = add_events_.Run(); !status.ok()) return status;
    }
  }
  facts_.push_back(absl::StrCat("events: up to position ", last_, ", settled up to ", watermark_,
                                ", ", events_.size(), " chunks, ", lost,
                                " events lost that were not settled"));
  return absl::OkStatus();
}

absl::Status Salvager::DropWithoutEvents() {
  absl::StatusOr<sqlite::Statement> rows =
      to_.Prepare("SELECT due_ns, position, attempts, group_id, rest, bytes, lane FROM parked");
  absl::StatusOr<sqlite::Statement> remove =
      to_.Prepare("DELETE FROM parked WHERE lane = ? AND due_ns = ? AND position = ?");
  absl::StatusOr<sqlite::Statement> add = to_.Prepare(
      "INSERT OR REPLACE INTO parked(lane, due_ns, position, attempts, group_id, rest, bytes) "
      "VALUES(?,?,?,?,?,?,?)");
  for (const absl::Status& status : {rows.status(), remove.status(), add.status()}) {
    if (!status.ok()) return status;
  }
  std::vector<std::pair<ParkedKey, Parked>> changed;  // the row's key; what is left of it
  uint64_t lost = 0;
  uint64_t unreadable = 0;
  while (true) {
    const absl::StatusOr<bool> row = rows->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const auto lane = static_cast<LaneId>(rows->Int(6));
    absl::StatusOr<Parked> parked = GetParked(lane, *rows);
    if (!parked.ok()) {
      ++unreadable;
      Parked none;
      none.lane = lane;
      changed.push_back({{lane, DueAt(rows->Int(0)), static_cast<uint64_t>(rows->Int(1))}, none});
      continue;
    }
    if (IsMark(*parked)) continue;
    std::vector<BatchMember> left = {{parked->position, parked->group}};
    left.insert(left.end(), parked->rest.begin(), parked->rest.end());
    const size_t all = left.size();
    std::erase_if(left, [&](const BatchMember& one) { return !events_.Contains(one.position); });
    if (left.size() == all) continue;
    lost += all - left.size();
    const ParkedKey key{lane, parked->due, parked->position};
    parked->position = left.empty() ? 0 : left.front().position;
    if (!left.empty()) {
      parked->group = left.front().group;
      left.erase(left.begin());
    }
    parked->rest = std::move(left);
    changed.emplace_back(key, *std::move(parked));
  }
  std::string rest;
  for (const auto& [key, row] : changed) {
    remove->Bind(1, key.lane).Bind(2, KeyOf(key.due));
    absl::Status status = remove->Bind(3, static_cast<int64_t>(key.position)).Run();
    if (status.ok() && row.position != 0) {
      status = EncodeRest(row, rest);
      add->Bind(1, row.lane).Bind(2, KeyOf(row.due));
      add->Bind(3, static_cast<int64_t>(row.position)).Bind(4, row.attempts);
      add->Bind(5, static_cast<int64_t>(row.group)).Bind(7, static_cast<int64_t>(row.bytes));
      if (rest.empty()) {
        add->BindNull(6);
      } else {
        add->BindBlob(6, rest);
      }
      if (status.ok()) status = add->Run();
    }
    if (!status.ok()) return status;
  }
  if (lost > 0) {
    dropped_.Add(absl::StrCat("parked: ", lost, " deliveries, whose events are lost"));
  }
  if (unreadable > 0) {
    dropped_.Add(absl::StrCat("parked: ", unreadable,
                              " batches that are damaged; their deliveries are not made"));
  }
  return absl::OkStatus();
}

}  // namespace carillon::journal
