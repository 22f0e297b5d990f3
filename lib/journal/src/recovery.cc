#include "recovery.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chunk.h"
#include "due_key.h"

namespace carillon::journal {
namespace {

/// Sums are checked at start for about this much of the tail; the rest when it is read.
constexpr size_t kCheckedBytes = 64 << 20;

/// Calls `row` for each row of `sql` with `parameter` bound, until it returns an error.
template <typename F>
absl::Status ForEach(sqlite::Database& database, std::string_view sql, int64_t parameter, F row) {
  absl::StatusOr<sqlite::Statement> statement = database.Prepare(sql);
  if (!statement.ok()) return statement.status();
  statement->Bind(1, parameter);
  while (true) {
    const absl::StatusOr<bool> more = statement->Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    if (absl::Status status = row(*statement); !status.ok()) return status;
  }
}

absl::Status ReadState(sqlite::Database& database, OpenedState& opened) {
  absl::StatusOr<sqlite::Statement> row = database.Prepare(
      "SELECT last_position, watermark, attempt_floor, event_bytes, attempt_bytes, hash_key "
      "FROM state WHERE one = 1");
  if (!row.ok()) return row.status();
  const absl::StatusOr<bool> found = row->Step();
  if (!found.ok()) return found.status();
  if (!*found || row->Blob(5).size() != opened.hash_key.size()) {
    return absl::DataLossError("the row of its state is missing");
  }
  StateRow& state = opened.progress.state;
  state.last_position = static_cast<uint64_t>(row->Int(0));
  state.watermark = static_cast<uint64_t>(row->Int(1));
  state.attempt_floor = row->Int(2);
  state.event_bytes = static_cast<uint64_t>(row->Int(3));
  state.attempt_bytes = static_cast<uint64_t>(row->Int(4));
  std::memcpy(opened.hash_key.data(), row->Blob(5).data(), opened.hash_key.size());
  return absl::OkStatus();
}

/// The state's numbers are written with settlements; appends since then are counted here.
absl::Status AddTail(sqlite::Database& database, StateRow& state) {
  uint64_t last = state.last_position;
  const absl::Status status = ForEach(
      database,
      "SELECT first_position, count, length(records) FROM journal WHERE first_position > ?",
      static_cast<int64_t>(state.last_position), [&](sqlite::Statement& row) -> absl::Status {
        if (static_cast<uint64_t>(row.Int(0)) != last + 1 || row.Int(1) <= 0) {
          return absl::DataLossError(absl::StrCat("events are missing after position ", last));
        }
        last += static_cast<uint64_t>(row.Int(1));
        state.event_bytes += static_cast<uint64_t>(row.Int(2));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  state.last_position = last;
  if (state.watermark > last) return absl::DataLossError("its watermark is above its last event");
  return absl::OkStatus();
}

/// Every event above the watermark has to be there: it is still to be delivered.
absl::Status CheckUnsettled(sqlite::Database& database, const StateRow& state) {
  uint64_t next = 0;
  size_t checked = 0;
  absl::StatusOr<int64_t> from = database.Scalar(absl::StrCat(
      "SELECT first_position FROM journal WHERE first_position <= ", state.watermark + 1,
      " ORDER BY first_position DESC LIMIT 1"));
  if (!from.ok()) return from.status();
  absl::Status status = ForEach(
      database,
      "SELECT first_position, count, accepted_at, crc, records FROM journal "
      "WHERE first_position >= ?",
      *from, [&](sqlite::Statement& row) -> absl::Status {
        const ChunkHead head{static_cast<uint64_t>(row.Int(0)), static_cast<uint32_t>(row.Int(1)),
                             base::FromUnixNanos(row.Int(2))};
        if (next == 0 ? head.first_position > state.watermark + 1 : head.first_position != next) {
          return absl::DataLossError(
              absl::StrCat("events are missing before position ", head.first_position));
        }
        next = head.first_position + head.count;
        const bool settled = head.last_position() <= state.watermark;
        if (settled || checked >= kCheckedBytes) return absl::OkStatus();
        checked += row.Blob(4).size();
        return ChunkView::Open(head, static_cast<uint32_t>(row.Int(3)), row.Blob(4)).status();
      });
  if (!status.ok()) return status;
  if (state.watermark < state.last_position && next != state.last_position + 1) {
    return absl::DataLossError(absl::StrCat("events up to position ", state.last_position,
                                            " were accepted, but they end at ", next));
  }
  return absl::OkStatus();
}

absl::Status ReadLanes(sqlite::Database& database, OpenedState& opened) {
  Cursors cursors;
  const absl::Status status =
      ForEach(database, "SELECT id, cursor FROM lanes WHERE cursor IS NOT NULL AND closed = ?", 0,
              [&](sqlite::Statement& row) {
                cursors[static_cast<LaneId>(row.Int(0))] = static_cast<uint64_t>(row.Int(1));
                return absl::OkStatus();
              });
  opened.progress.SetCursors(std::move(cursors));
  return status;
}

using Settled = std::vector<std::pair<uint64_t, LaneId>>;

/// Whether what became of (position, lane) matters: the event is read again.
bool IsReadAgain(const Progress& progress, uint64_t position, LaneId lane) {
  if (position > progress.state.watermark) return true;
  const auto cursor = progress.cursors->find(lane);
  return cursor != progress.cursors->end() && position >= cursor->second;
}

absl::Status ReadAttempts(sqlite::Database& database, const Progress& progress, SeeAttempts see,
                          Settled& settled) {
  return ForEach(database, "SELECT id, max_position, crc, rows FROM attempt_log WHERE id >= ?",
                 progress.state.attempt_floor, [&](sqlite::Statement& row) -> absl::Status {
                   const auto max_position = static_cast<uint64_t>(row.Int(1));
                   see(row.Int(0), max_position);
                   if (max_position <= progress.floor()) return absl::OkStatus();
                   const std::string_view rows = row.Blob(3);
                   if (BytesCrc(rows) != static_cast<uint32_t>(row.Int(2))) {
                     return absl::DataLossError(absl::StrCat(
                         "chunk ", row.Int(0), " of the attempt log is damaged on disk"));
                   }
                   for (size_t i = 0; i < rows.size() / kAttemptBytes; ++i) {
                     const AttemptRow attempt = GetAttempt(rows, i);
                     if (!attempt.settles || !IsReadAgain(progress, attempt.position, attempt.lane))
                       continue;
                     settled.emplace_back(attempt.position, attempt.lane);
                   }
                   return absl::OkStatus();
                 });
}

/// Deliveries that are settled without an attempt: held behind others, or given up unsent.
absl::Status ReadUnattempted(sqlite::Database& database, const Progress& progress,
                             Settled& settled) {
  const auto floor = static_cast<int64_t>(progress.floor());
  const std::string held = absl::StrCat("SELECT position, lane FROM parked WHERE due_ns > ",
                                        kStuckKey, " AND position > ?");
  absl::Status status;
  for (const std::string_view sql :
       {std::string_view(held),
        std::string_view("SELECT position, lane FROM dead WHERE position > ?")}) {
    status.Update(ForEach(database, sql, floor, [&](sqlite::Statement& row) {
      const auto position = static_cast<uint64_t>(row.Int(0));
      const auto lane = static_cast<LaneId>(row.Int(1));
      if (IsReadAgain(progress, position, lane)) settled.emplace_back(position, lane);
      return absl::OkStatus();
    }));
  }
  return status;
}

absl::Status ReadIds(sqlite::Database& database, base::WallTime now, IdWindow& ids) {
  const absl::Status status = ForEach(
      database, "SELECT first_position, accepted_at, hashes FROM ids WHERE first_position >= ?", 0,
      [&](sqlite::Statement& row) {
        const std::string_view hashes = row.Blob(2);
        auto position = static_cast<uint64_t>(row.Int(0));
        for (size_t at = 0; at + sizeof(IdHash) <= hashes.size(); at += sizeof(IdHash)) {
          IdHash hash;
          std::memcpy(&hash, hashes.data() + at, sizeof(hash));
          ids.Add(hash, position++, base::FromUnixNanos(row.Int(1)));
        }
        ids.Trim(now);
        return absl::OkStatus();
      });
  return status;
}

}  // namespace

absl::StatusOr<SettledSet> ReadSettled(sqlite::Database& database, const Progress& progress,
                                       SeeAttempts see) {
  Settled settled;
  absl::Status status = ReadAttempts(database, progress, see, settled);
  status.Update(ReadUnattempted(database, progress, settled));
  if (!status.ok()) return status;
  return SettledSet(std::move(settled));
}

absl::StatusOr<OpenedState> Recover(sqlite::Database& database, base::WallTime now, IdWindow& ids) {
  OpenedState opened;
  absl::Status status = ReadState(database, opened);
  if (status.ok()) status = AddTail(database, opened.progress.state);
  if (status.ok()) status = CheckUnsettled(database, opened.progress.state);
  if (status.ok()) status = ReadLanes(database, opened);
  if (status.ok()) {
    absl::StatusOr<SettledSet> settled = ReadSettled(
        database, opened.progress,
        [&](int64_t id, uint64_t max_position) { opened.attempt_tail.Add(id, max_position); });
    status = settled.status();
    if (settled.ok()) opened.settled = std::make_shared<const SettledSet>(*std::move(settled));
  }
  if (status.ok()) status = ReadIds(database, now, ids);
  if (!status.ok()) return status;
  const absl::StatusOr<int64_t> last_attempt = database.Scalar("SELECT max(id) FROM attempt_log");
  if (!last_attempt.ok()) return last_attempt.status();
  const absl::StatusOr<int64_t> dead = database.Scalar("SELECT count(*) FROM dead");
  if (!dead.ok()) return dead.status();
  opened.next_attempt_id = std::max(*last_attempt + 1, opened.progress.state.attempt_floor);
  opened.dead = static_cast<uint64_t>(*dead);
  return opened;
}

}  // namespace carillon::journal
