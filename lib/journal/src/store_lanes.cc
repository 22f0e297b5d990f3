// What the store knows of lanes.

#include <utility>

#include "absl/strings/str_cat.h"
#include "due_key.h"
#include "group_tally.h"
#include "parked_row.h"
#include "store.h"

namespace carillon::journal {
namespace {

int64_t ToSigned(uint64_t value) { return static_cast<int64_t>(value); }

absl::StatusOr<Health> GetHealth(const sqlite::Statement& lane) {
  Health health;
  if (!lane.Null(3)) health.failing_since = base::FromUnixNanos(lane.Int(3));
  if (!lane.Null(4)) {
    const int64_t reason = lane.Int(4);
    if (reason < static_cast<int64_t>(DisabledReason::kOperator) ||
        reason > static_cast<int64_t>(DisabledReason::kPrincipal)) {
      return absl::DataLossError(
          absl::StrCat("the state of lane ", lane.Int(0), " is damaged on disk"));
    }
    health.disabled = static_cast<DisabledReason>(reason);
  }
  health.disabled_at = base::FromUnixNanos(lane.Int(5));
  health.paused = lane.Int(6) != 0;
  if (!lane.Null(7)) health.paused_until = base::FromUnixNanos(lane.Int(7));
  if (!lane.Null(8)) {
    health.call =
        std::make_shared<const OwnerCall>(OwnerCall{.at = base::FromUnixNanos(lane.Int(8)),
                                                    .principal = std::string(lane.Blob(9)),
                                                    .reason = std::string(lane.Blob(10))});
  }
  return health;
}

}  // namespace

absl::Status Store::SetCursor(const LaneCursor& cursor) {
  if (cursor.position.has_value()) {
    set_cursor_.Bind(1, ToSigned(*cursor.position));
  } else {
    set_cursor_.BindNull(1);
  }
  return set_cursor_.Bind(2, cursor.lane).Run();
}

absl::Status Store::SetHealth(const LaneHealth& lane) {
  const Health& health = lane.health;
  for (const int column : {1, 2, 5, 6, 7, 8}) set_health_.BindNull(column);
  if (health.failing_since.has_value()) {
    set_health_.Bind(1, base::ToUnixNanos(*health.failing_since));
  }
  if (health.disabled.has_value()) set_health_.Bind(2, static_cast<int64_t>(*health.disabled));
  if (health.paused_until) set_health_.Bind(5, base::ToUnixNanos(*health.paused_until));
  if (health.call) {
    set_health_.Bind(6, base::ToUnixNanos(health.call->at))
        .BindText(7, health.call->principal)
        .BindText(8, health.call->reason);
  }
  return set_health_.Bind(3, base::ToUnixNanos(health.disabled_at))
      .Bind(4, health.paused ? 1 : 0)
      .Bind(9, lane.lane)
      .Run();
}

absl::StatusOr<std::vector<ListedLane>> Store::ListLanes() {
  absl::StatusOr<sqlite::Statement> all =
      database_.Prepare("SELECT id, tenant, name, closed FROM lanes WHERE closed<2 ORDER BY id");
  if (!all.ok()) return all.status();
  std::vector<ListedLane> lanes;
  while (true) {
    const absl::StatusOr<bool> row = all->Step();
    if (!row.ok()) return row.status();
    if (!*row) return lanes;
    lanes.push_back({.lane = static_cast<LaneId>(all->Int(0)),
                     .name = {std::string(all->Blob(1)), std::string(all->Blob(2))},
                     .taken_out = all->Int(3) == 1});
  }
}

absl::StatusOr<LaneState> Store::OpenLane(const LaneName& name, uint64_t next_position) {
  LaneState lane;
  find_lane_.BindText(1, name.tenant).BindText(2, name.name);
  const absl::StatusOr<bool> found = find_lane_.Step();
  if (!found.ok()) return found.status();
  if (!*found) {
    add_lane_.BindText(1, name.tenant).BindText(2, name.name).Bind(3, ToSigned(next_position));
    if (absl::Status status = add_lane_.Run(); !status.ok()) return status;
    lane.lane = static_cast<LaneId>(database_.last_insert_id());
    lane.since = next_position;
    return lane;
  }
  lane.lane = static_cast<LaneId>(find_lane_.Int(0));
  lane.since = static_cast<uint64_t>(find_lane_.Int(1));
  if (!find_lane_.Null(2)) lane.cursor = static_cast<uint64_t>(find_lane_.Int(2));
  const absl::StatusOr<Health> health = GetHealth(find_lane_);
  find_lane_.Reset();
  if (!health.ok()) return health.status();
  lane.health = *health;
  if (absl::Status status = CountParked(lane); !status.ok()) return status;
  return lane;
}

absl::StatusOr<LaneState> Store::GetLane(LaneId id, RetiredLane& of) {
  absl::StatusOr<sqlite::Statement> known = database_.Prepare(
      "SELECT tenant, name, since, cursor, closed FROM lanes WHERE id=? AND closed<2");
  if (!known.ok()) return known.status();
  known->Bind(1, id);
  const absl::StatusOr<bool> found = known->Step();
  if (!found.ok()) return found.status();
  if (!*found) return absl::NotFoundError(absl::StrCat("lane ", id, " is not there"));
  of.name = {std::string(known->Blob(0)), std::string(known->Blob(1))};
  of.taken_out = known->Int(4) == 1;
  LaneState lane;
  lane.lane = id;
  lane.since = static_cast<uint64_t>(known->Int(2));
  if (!known->Null(3)) lane.cursor = static_cast<uint64_t>(known->Int(3));
  if (absl::Status status = CountParked(lane); !status.ok()) return status;
  return lane;
}

absl::Status Store::CountParked(LaneState& lane) {
  const int64_t held = kStuckKey;
  const int64_t kept = kKeptKey;
  count_parked_.Bind(1, lane.lane).Bind(2, held).Bind(3, kept);
  const absl::StatusOr<bool> counted = count_parked_.Step();
  if (!counted.ok()) return counted.status();
  lane.parked = static_cast<uint64_t>(count_parked_.Int(0));
  if (!count_parked_.Null(1)) lane.next_due = base::FromUnixNanos(count_parked_.Int(1));
  lane.kept = static_cast<uint64_t>(count_parked_.Int(2));
  count_parked_.Reset();

  GroupTally groups;
  grouped_.Bind(1, lane.lane).Bind(2, held).Bind(3, kept);
  while (true) {
    const absl::StatusOr<bool> row = grouped_.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const absl::StatusOr<Parked> parked = GetParked(lane.lane, grouped_);
    if (!parked.ok()) {
      grouped_.Reset();
      return parked.status();
    }
    if (!IsMark(*parked)) lane.parked += parked->rest.size();
    groups.Add(*parked);
  }
  lane.groups = groups.Take();
  return absl::OkStatus();
}

absl::Status Store::TakeLaneOut(LaneId lane) { return take_lane_out_.Bind(1, lane).Run(); }

absl::StatusOr<std::optional<LaneId>> Store::FindOpenLane(const LaneName& name) {
  find_lane_.BindText(1, name.tenant).BindText(2, name.name);
  const absl::StatusOr<bool> found = find_lane_.Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::nullopt;
  const auto lane = static_cast<LaneId>(find_lane_.Int(0));
  find_lane_.Reset();
  return lane;
}

absl::StatusOr<bool> Store::CloseStep(LaneId lane, base::WallTime at, size_t limit,
                                      uint64_t& added) {
  std::vector<ParkedKey> keys;
  std::vector<DeadLetter> dead;
  bool finished = false;
  first_parked_.Bind(1, lane);
  while (keys.size() < limit && dead.size() < limit) {
    const absl::StatusOr<bool> row = first_parked_.Step();
    if (!row.ok()) return row.status();
    finished = !*row;
    if (finished) break;
    const absl::StatusOr<Parked> parked = GetParked(lane, first_parked_);
    if (!parked.ok()) {
      first_parked_.Reset();
      return parked.status();
    }
    keys.push_back({lane, parked->due, parked->position});
    Cancel(*parked, at, dead);
  }
  first_parked_.Reset();
  absl::Status status = AddDeadLetters(dead, added);
  if (status.ok()) status = Unpark(keys);
  if (status.ok() && finished) status = lane_closed_.Bind(1, lane).Run();
  if (!status.ok()) return status;
  return finished;
}

}  // namespace carillon::journal
