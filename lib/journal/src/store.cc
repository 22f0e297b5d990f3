#include "store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "batch_rest.h"
#include "due_key.h"
#include "parked_row.h"

namespace carillon::journal {
namespace {

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

}  // namespace

absl::StatusOr<Store> Store::Create(sqlite::Database database) {
  Store store;
  store.database_ = std::move(database);
  if (absl::Status status = store.PrepareAll(); !status.ok()) return status;
  return store;
}

absl::Status Store::PrepareAll() {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&add_events_, "INSERT INTO journal VALUES(?,?,?,?,?)"},
      {&add_ids_, "INSERT INTO ids VALUES(?,?,?)"},
      {&add_attempts_, "INSERT INTO attempt_log VALUES(?,?,?,?,?,?,?,?,?)"},
      {&park_,
       "INSERT OR REPLACE INTO parked(lane, due_ns, position, attempts, group_id, rest, bytes) "
       "VALUES(?,?,?,?,?,?,?)"},
      {&unpark_, "DELETE FROM parked WHERE lane=? AND due_ns=? AND position=?"},
      {&bury_, "INSERT OR IGNORE INTO dead VALUES(?,?,?,?,?)"},
      {&set_cursor_, "UPDATE lanes SET cursor=? WHERE id=? AND closed=0"},
      {&write_state_,
       "UPDATE state SET last_position=?, watermark=?, attempt_floor=?, event_bytes=?, "
       "attempt_bytes=? WHERE one=1"},
      {&set_health_,
       "UPDATE lanes SET failing_since=?, disabled=?, disabled_at=?, paused=?, "
       "paused_until=?, called_at=?, principal=?, reason=? WHERE id=? AND closed=0"},
      {&find_lane_,
       "SELECT id, since, cursor, failing_since, disabled, disabled_at, paused, "
       "paused_until, called_at, principal, reason FROM lanes "
       "WHERE tenant=? AND name=? AND closed=0"},
      {&add_lane_, "INSERT INTO lanes(tenant, name, since) VALUES(?,?,?)"},
      {&count_parked_,
       "SELECT count(*), (SELECT min(due_ns) FROM parked WHERE lane=?1 AND due_ns<?2), "
       "count(*) FILTER (WHERE due_ns=?3) FROM parked WHERE lane=?1 AND due_ns<>?2"},
      {&grouped_,
       "SELECT due_ns, position, attempts, group_id, rest, bytes FROM parked "
       "WHERE lane=?1 AND due_ns<?3 AND (group_id<>0 OR rest IS NOT NULL OR due_ns>?2)"},
      {&take_lane_out_, "UPDATE lanes SET closed=1 WHERE id=? AND closed=0"},
      {&first_parked_,
       "SELECT due_ns, position, attempts, group_id, rest, bytes FROM parked WHERE lane=? "
       "ORDER BY due_ns, position"},
      {&lane_closed_, "UPDATE lanes SET closed=2, cursor=NULL WHERE id=?"},
      {&remove_events_, "DELETE FROM journal WHERE first_position=?"},
      {&remove_ids_, "DELETE FROM ids WHERE first_position=?"},
      {&remove_attempts_, "DELETE FROM attempt_log WHERE id=?"},
      {&thin_, "UPDATE journal SET crc=?, records=? WHERE first_position=?"},
      {&remove_dead_, "DELETE FROM dead WHERE lane=? AND position=?"},
  };
  for (const auto& [statement, sql] : statements) {
    absl::StatusOr<sqlite::Statement> prepared = database_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status Store::Begin() { return begin_.Run(); }
absl::Status Store::Commit() { return commit_.Run(); }

absl::Status Store::AddEvents(const ChunkHead& head, std::string_view records) {
  add_events_.Bind(1, Signed(head.first_position))
      .Bind(2, head.count)
      .Bind(3, base::ToUnixNanos(head.accepted_at))
      .Bind(4, ChunkCrc(head, records))
      .BindBlob(5, records);
  return add_events_.Run();
}

absl::Status Store::AddIds(uint64_t first_position, base::WallTime at,
                           std::span<const IdHash> hashes) {
  add_ids_.Bind(1, Signed(first_position))
      .Bind(2, base::ToUnixNanos(at))
      .BindBlob(3, {reinterpret_cast<const char*>(hashes.data()), hashes.size_bytes()});
  return add_ids_.Run();
}

absl::Status Store::AddAttempts(int64_t id, uint32_t shard, const AttemptChunk& chunk) {
  add_attempts_.Bind(1, id)
      .Bind(2, shard)
      .Bind(3, chunk.count)
      .Bind(4, base::ToUnixNanos(chunk.first_at))
      .Bind(5, base::ToUnixNanos(chunk.last_at))
      .Bind(6, Signed(chunk.min_position))
      .Bind(7, Signed(chunk.max_position))
      .Bind(8, BytesCrc(chunk.rows))
      .BindBlob(9, chunk.rows);
  return add_attempts_.Run();
}

absl::Status Store::Park(std::vector<Parked>& rows) {
  std::sort(rows.begin(), rows.end(), [](const Parked& a, const Parked& b) {
    return std::tie(a.lane, a.due, a.position) < std::tie(b.lane, b.due, b.position);
  });
  for (const Parked& row : rows) {
    park_.Bind(1, row.lane)
        .Bind(2, KeyOf(row.due))
        .Bind(3, Signed(row.position))
        .Bind(4, AttemptsOf(row))
        .Bind(5, Signed(row.group))
        .Bind(7, Signed(row.bytes));
    if (absl::Status status = EncodeRest(row, rest_); !status.ok()) return status;
    if (rest_.empty()) {
      park_.BindNull(6);
    } else {
      park_.BindBlob(6, rest_);
    }
    if (absl::Status status = park_.Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Store::Unpark(std::vector<ParkedKey>& rows) {
  std::sort(rows.begin(), rows.end(), [](const ParkedKey& a, const ParkedKey& b) {
    return std::tie(a.lane, a.due, a.position) < std::tie(b.lane, b.due, b.position);
  });
  for (const ParkedKey& row : rows) {
    unpark_.Bind(1, row.lane).Bind(2, KeyOf(row.due)).Bind(3, Signed(row.position));
    if (absl::Status status = unpark_.Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Store::AddDeadLetters(std::vector<DeadLetter>& rows, uint64_t& added) {
  std::sort(rows.begin(), rows.end(), [](const DeadLetter& a, const DeadLetter& b) {
    return std::tie(a.lane, a.position) < std::tie(b.lane, b.position);
  });
  for (const DeadLetter& row : rows) {
    bury_.Bind(1, row.lane)
        .Bind(2, Signed(row.position))
        .Bind(3, row.attempts)
        .Bind(4, static_cast<int64_t>(row.outcome))
        .Bind(5, base::ToUnixNanos(row.at));
    if (absl::Status status = bury_.Run(); !status.ok()) return status;
    added += static_cast<uint64_t>(database_.changes());
  }
  return absl::OkStatus();
}

absl::Status Store::WriteState(const StateRow& state) {
  write_state_.Bind(1, Signed(state.last_position))
      .Bind(2, Signed(state.watermark))
      .Bind(3, state.attempt_floor)
      .Bind(4, Signed(state.event_bytes))
      .Bind(5, Signed(state.attempt_bytes));
  return write_state_.Run();
}

absl::Status Store::RemoveKeys(sqlite::Statement& statement, const std::vector<int64_t>& keys) {
  for (const int64_t key : keys) {
    if (absl::Status status = statement.Bind(1, key).Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Store::Thin(const ThinnedChunk& chunk) {
  return thin_.Bind(1, chunk.crc).BindBlob(2, chunk.records).Bind(3, chunk.key).Run();
}

absl::Status Store::Remove(const RetentionStep& step, uint64_t& dead_removed) {
  absl::Status status = RemoveKeys(remove_events_, step.events);
  for (const ThinnedChunk& chunk : step.thinned) {
    if (status.ok()) status = Thin(chunk);
  }
  if (status.ok()) status = RemoveKeys(remove_ids_, step.ids);
  if (status.ok()) status = RemoveKeys(remove_attempts_, step.attempts);
  for (const auto& [lane, position] : step.dead) {
    if (!status.ok()) return status;
    status = remove_dead_.Bind(1, lane).Bind(2, Signed(position)).Run();
    dead_removed += static_cast<uint64_t>(database_.changes());
  }
  return status;
}

}  // namespace carillon::journal
