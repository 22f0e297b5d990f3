// What the journal thread does to lanes: opening, and closing in steps.

#include <algorithm>
#include <utility>

#include "writer.h"

namespace carillon::journal {
namespace {

/// Parked deliveries that one transaction makes dead.
constexpr size_t kCloseRows = 10'000;

/// Narrows the range to what was not settled for the lane. Each look but two finds a member of
/// `settled`, of which each is of one lane: that bounds what all lanes together take.
void Narrow(LaneId lane, const std::function<bool(uint64_t, LaneId)>& settled,
            UnopenedLane& unopened) {
  while (unopened.from <= unopened.last && settled(unopened.from, lane)) ++unopened.from;
  while (unopened.from <= unopened.last && settled(unopened.last, lane)) --unopened.last;
}

}  // namespace

absl::StatusOr<std::vector<LaneState>> Writer::OpenLanes(const std::vector<LaneName>& names) {
  if (failed()) return Stopped();
  std::vector<LaneState> lanes;
  lanes.reserve(names.size());
  const absl::Status status = Transact([&] {
    // Those that are to be closed are not found any more, however long closing them has to wait.
    for (const LaneId lane : to_close_) {
      if (absl::Status closed = store_.CloseLane(lane); !closed.ok()) return closed;
    }
    for (const LaneName& name : names) {
      absl::StatusOr<LaneState> lane = store_.OpenLane(name, progress_.state.last_position + 1);
      if (!lane.ok()) return lane.status();
      lanes.push_back(*std::move(lane));
    }
    return absl::OkStatus();
  });
  if (status.ok()) {
    for (const LaneState& lane : lanes) opened_.insert(lane.lane);
    return lanes;
  }
  if (Pause(status)) return NotStored(status);
  Fail(status);
  return Stopped();
}

void Writer::CloseLanes(const std::vector<LaneId>& lanes) {
  closed_.insert(lanes.begin(), lanes.end());
  to_close_.insert(to_close_.end(), lanes.begin(), lanes.end());
}

std::optional<std::vector<UnopenedLane>> Writer::CloseUnopenedLanes(
    const Recovered& recovered,
    const std::function<bool(uint64_t position, LaneId lane)>& settled) {
  if (failed()) return std::nullopt;
  absl::StatusOr<std::vector<LaneId>> lanes = store_.OpenLaneIds();
  if (!lanes.ok()) {
    NoteError(Operation::kRead, lanes.status());
    Fail(lanes.status());
    return std::nullopt;
  }
  std::erase_if(*lanes, [&](LaneId lane) { return opened_.contains(lane); });
  std::vector<UnopenedLane> left;
  for (const LaneId lane : *lanes) {
    LaneName name;
    const absl::StatusOr<LaneState> state = store_.GetLane(lane, name);
    if (!state.ok()) {
      NoteError(Operation::kRead, state.status());
      Fail(state.status());
      return std::nullopt;
    }
    UnopenedLane unopened{.name = std::move(name), .parked = state->parked};
    unopened.from = std::max(state->since, state->cursor.value_or(recovered.watermark + 1));
    unopened.last = recovered.last_position;
    Narrow(lane, settled, unopened);
    if (unopened.parked > 0 || unopened.from <= unopened.last) left.push_back(std::move(unopened));
  }
  CloseLanes(*lanes);
  return left;
}

void Writer::WorkOnClosing() {
  if (to_close_.empty() && closing_.empty()) return;
  if (std::chrono::steady_clock::now() < retry_at_) return;
  Progress next = progress_;
  Cursors cursors = *progress_.cursors;
  for (const LaneId lane : to_close_) cursors.erase(lane);
  next.SetCursors(std::move(cursors));
  std::vector<LaneId> closing = closing_;
  closing.insert(closing.end(), to_close_.begin(), to_close_.end());
  uint64_t dead_added = 0;
  const absl::Status status = Transact([&] {
    for (const LaneId lane : to_close_) {
      if (absl::Status closed = store_.CloseLane(lane); !closed.ok()) return closed;
    }
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
