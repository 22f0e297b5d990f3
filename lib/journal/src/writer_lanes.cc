// What the journal thread does to lanes: opening, marking as taken out, and closing in steps.

#include <algorithm>
#include <optional>
#include <utility>

#include "writer.h"

namespace carillon::journal {
namespace {

/// Parked deliveries that one transaction makes dead.
constexpr size_t kCloseRows = 10'000;

/// Narrows the range to what was not settled for the lane. Each look but two finds a member of
/// `settled`, of which each is of one lane: that bounds what all lanes together take.
void Narrow(LaneId lane, const SettledSet& settled, RetiredLane& retired) {
  while (retired.from <= retired.last && settled.Contains(retired.from, lane)) ++retired.from;
  while (retired.from <= retired.last && settled.Contains(retired.last, lane)) --retired.last;
}

}  // namespace

absl::StatusOr<std::vector<LaneState>> Writer::OpenLanes(const std::vector<LaneName>& names) {
  if (failed()) return Stopped();
  std::vector<LaneState> lanes;
  lanes.reserve(names.size());
  const absl::Status status = Transact([&] {
    for (const LaneName& name : names) {
      absl::StatusOr<LaneState> lane = store_.OpenLane(name, progress_.state.last_position + 1);
      if (!lane.ok()) return lane.status();
      lanes.push_back(*std::move(lane));
    }
    return absl::OkStatus();
  });
  if (status.ok()) return lanes;
  if (Pause(status)) return NotStored(status);
  Fail(status);
  return Stopped();
}

absl::Status Writer::TakeOut(const std::vector<OwnedLanes>& lanes) {
  if (failed()) return Stopped();
  for (const OwnedLanes& of : lanes) {
    if (!IsOwner(of.shard, of.epoch)) continue;
    for (const LaneName& name : of.names) {
      const absl::StatusOr<std::optional<LaneId>> lane = store_.FindOpenLane(name);
      if (!lane.ok()) return CannotRead(lane.status());
      if (*lane) to_mark_.push_back(**lane);
    }
  }
  return WriteMarks();
}

absl::Status Writer::WriteMarks() {
  if (to_mark_.empty()) return absl::OkStatus();
  const absl::Status status = Transact([] { return absl::OkStatus(); });
  if (status.ok() || Pause(status)) return absl::OkStatus();
  Fail(status);
  return Stopped();
}

void Writer::CloseLanes(const OwnedLaneIds& lanes) {
  if (IsOwner(lanes.shard, lanes.epoch)) Close(lanes.lanes);
}

void Writer::Close(const std::vector<LaneId>& lanes) {
  closed_.insert(lanes.begin(), lanes.end());
  to_mark_.insert(to_mark_.end(), lanes.begin(), lanes.end());
  to_close_.insert(to_close_.end(), lanes.begin(), lanes.end());
}

absl::StatusOr<std::vector<ListedLane>> Writer::ListLanes() {
  if (failed()) return Stopped();
  absl::StatusOr<std::vector<ListedLane>> lanes = store_.ListLanes();
  if (!lanes.ok()) return CannotRead(lanes.status());
  std::erase_if(*lanes, [&](const ListedLane& lane) { return closed_.contains(lane.lane); });
  return lanes;
}

absl::StatusOr<std::vector<RetiredLane>> Writer::RetireLanes(const std::vector<OwnedLaneIds>& lanes,
                                                             const Recovered& recovered,
                                                             const SettledSet& settled) {
  if (failed()) return Stopped();
  std::vector<LaneId> mine;
  for (const OwnedLaneIds& of : lanes) {
    if (IsOwner(of.shard, of.epoch)) mine.insert(mine.end(), of.lanes.begin(), of.lanes.end());
  }
  std::vector<RetiredLane> left;
  for (const LaneId lane : mine) {
    RetiredLane retired;
    const absl::StatusOr<LaneState> state = store_.GetLane(lane, retired);
    if (absl::IsNotFound(state.status())) return state.status();
    if (!state.ok()) return CannotRead(state.status());
    retired.parked = state->parked;
    retired.from = std::max(state->since, state->cursor.value_or(recovered.watermark + 1));
    retired.last = recovered.last_position;
    Narrow(lane, settled, retired);
    if (retired.parked > 0 || retired.from <= retired.last) left.push_back(std::move(retired));
  }
  Close(mine);
  if (absl::Status status = WriteMarks(); !status.ok()) return status;
  return left;
}

absl::Status Writer::CannotRead(const absl::Status& why) {
  NoteError(Operation::kRead, why);
  Fail(why);
  return Stopped();
}

void Writer::WorkOnClosing() {
  const bool close = !to_close_.empty() || !closing_.empty();
  if (to_mark_.empty() && !close) return;
  if (clock_.Mono() < retry_at_) return;
  Progress next = progress_;
  Cursors cursors = *progress_.cursors;
  for (const LaneId lane : to_close_) cursors.erase(lane);
  next.SetCursors(std::move(cursors));
  std::vector<LaneId> closing = closing_;
  closing.insert(closing.end(), to_close_.begin(), to_close_.end());
  uint64_t dead_added = 0;
  const absl::Status status = Transact([&] {
    if (!close) return absl::OkStatus();  // marks alone
    absl::StatusOr<bool> finished =
        store_.CloseStep(closing.back(), clock_.Wall(), kCloseRows, dead_added);
    if (finished.ok() && *finished) closing.pop_back();
    return finished.status();
  });
  if (!status.ok()) {
    if (!Pause(status)) Fail(status);
    return;
  }
  progress_ = std::move(next);
  to_close_.clear();
  closing_ = std::move(closing);
  gauges_.dead += dead_added;
  retry_at_ = {};
  Publish();
}

}  // namespace carillon::journal
