// What the journal thread writes of a group: events, then settlements.

#include <algorithm>
#include <utility>

#include "parked_row.h"
#include "writer.h"

namespace carillon::journal {
namespace {

constexpr size_t kTrimIds = 4096;

}  // namespace

Writer::Staged Writer::Stage(Group& group) {
  Staged staged;
  size_t events = 0;
  for (const AppendRequest& request : group.appends) events += request.events.size();
  for (const SettleRequest& request : settling_) events += request.settlement.events.size();
  if (events == 0 && group.appends.empty()) return staged;
  staged.accepted_at = clock_.Wall();
  ids_.Trim(staged.accepted_at, 2 * events + kTrimIds);
  staged.events.reserve(events);
  staged.ids.reserve(events);
  staged.results.reserve(group.appends.size());
  for (AppendRequest& request : group.appends) staged.results.push_back(StageOne(request, staged));
  for (const SettleRequest& request : settling_) StageOwn(request, staged);
  return staged;
}

std::vector<Appended> Writer::StageOne(AppendRequest& request, Staged& staged) {
  std::vector<Appended> results;
  results.reserve(request.events.size());
  for (size_t i = 0; i < request.events.size(); ++i) {
    if (const auto first = ids_.Find(request.ids[i]); first.has_value()) {
      results.push_back({*first, true});
      continue;
    }
    const auto event = std::move(request.events[i]);
    results.push_back({StageEvent(event, request.ids[i], staged), false});
  }
  return results;
}

void Writer::StageOwn(const SettleRequest& request, Staged& staged) {
  for (size_t i = 0; i < request.settlement.events.size(); ++i) {
    StageEvent(request.settlement.events[i], request.ids[i], staged);
  }
}

uint64_t Writer::StageEvent(const std::shared_ptr<model::Event>& event, const IdHash& id,
                            Staged& staged) {
  const uint64_t position = progress_.state.last_position + staged.events.size() + 1;
  event->Accept(position, staged.accepted_at);
  ids_.Add(id, position, staged.accepted_at);
  staged.ids.push_back(id);
  staged.events.push_back(event);
  return position;
}

absl::Status Writer::WriteEvents(const Staged& staged, StateRow& state) {
  const Events& events = staged.events;
  if (events.empty()) return absl::OkStatus();
  for (size_t begin = 0; begin < events.size();) {
    records_.clear();
    size_t end = begin;
    while (end < events.size() && end - begin < kChunkEvents && records_.size() < kChunkBytes) {
      PutRecord(records_, events[end++]->record());
    }
    const ChunkHead head{events[begin]->position(), static_cast<uint32_t>(end - begin),
                         staged.accepted_at};
    if (absl::Status status = store_.AddEvents(head, records_); !status.ok()) return status;
    state.event_bytes += records_.size();
    begin = end;
  }
  state.last_position = events.back()->position();
  return store_.AddIds(events.front()->position(), staged.accepted_at, staged.ids);
}

absl::Status Writer::WriteSettlements(Progress& next, uint64_t& dead_added) {
  if (settling_.empty()) return absl::OkStatus();
  for (SettleRequest& request : settling_) {
    DropClosed(request.settlement);
    absl::Status status = WriteSettlement(request.settlement, dead_added);
    if (!status.ok()) return status;
    next.Apply(request.settlement);
  }
  if (absl::Status status = WriteAttempts(next.state); !status.ok()) return status;
  next.state.attempt_floor =
      std::max(next.state.attempt_floor, attempt_tail_.Advance(next.floor(), next_attempt_id_));
  return store_.WriteState(next.state);
}

absl::Status Writer::WriteSettlement(Settlement& settlement, uint64_t& dead_added) {
  absl::Status status = store_.Unpark(settlement.unparked);
  if (status.ok()) status = store_.Park(settlement.parked);
  if (status.ok()) status = store_.AddDeadLetters(settlement.dead, dead_added);
  for (const LaneCursor& cursor : settlement.cursors) {
    if (!status.ok()) return status;
    status = store_.SetCursor(cursor);
  }
  for (const LaneHealth& lane : settlement.healths) {
    if (!status.ok()) return status;
    status = store_.SetHealth(lane);
  }
  return status;
}

absl::Status Writer::WriteAttempts(StateRow& state) {
  uint32_t last_shard = 0;
  for (const SettleRequest& request : settling_) {
    last_shard = std::max(last_shard, request.settlement.shard);
  }
  attempts_.Clear();
  for (uint32_t shard = 0; shard <= last_shard; ++shard) {
    for (const SettleRequest& request : settling_) {
      if (request.settlement.shard != shard) continue;
      for (const AttemptRow& row : request.settlement.attempts) {
        attempts_.Add(row);
        if (attempts_.count < kAttemptChunkRows) continue;
        if (absl::Status status = WriteAttemptChunk(shard, state); !status.ok()) return status;
      }
    }
    if (attempts_.count == 0) continue;
    if (absl::Status status = WriteAttemptChunk(shard, state); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Writer::WriteAttemptChunk(uint32_t shard, StateRow& state) {
  const int64_t id = next_attempt_id_ + static_cast<int64_t>(written_attempts_.size());
  absl::Status status = store_.AddAttempts(id, shard, attempts_);
  written_attempts_.emplace_back(id, attempts_.max_position);
  state.attempt_bytes += attempts_.rows.size();
  attempts_.Clear();
  return status;
}

void Writer::DropClosed(Settlement& settlement) {
  if (closed_.empty()) return;
  for (const Parked& row : settlement.parked) {
    if (closed_.contains(row.lane)) Cancel(row, clock_.Wall(), settlement.dead);
  }
  std::erase_if(settlement.parked, [&](const Parked& row) { return closed_.contains(row.lane); });
  std::erase_if(settlement.cursors,
                [&](const LaneCursor& cursor) { return closed_.contains(cursor.lane); });
}

}  // namespace carillon::journal
