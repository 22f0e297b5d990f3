// What the journal thread does to lanes: opening, marking as taken out, and closing in steps.

#include <algorithm>
#include <iterator>
#include <optional>
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

absl::Status Writer::TakeOut(const std::vector<LaneName>& names) {
  if (failed()) return Stopped();
  for (const LaneName& name : names) {
    const absl::StatusOr<std::optional<LaneId>> lane = store_.FindOpenLane(name);
    if (!lane.ok()) {
      NoteError(Operation::kRead, lane.status());
      Fail(lane.status());
      return Stopped();
    }
    if (*lane) to_mark_.push_back(**lane);
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

void Writer::CloseLanes(const std::vector<LaneId>& lanes) {
  closed_.insert(lanes.begin(), lanes.end());
  to_mark_.insert(to_mark_.end(), lanes.begin(), lanes.end());
  to_close_.insert(to_close_.end(), lanes.begin(), lanes.end());
}

absl::StatusOr<std::vector<UnopenedLane>> Writer::CloseUnopenedLanes(
    const Recovered& recovered,
    const std::function<bool(uint64_t position, LaneId lane)>& settled) {
  if (failed()) return Stopped();
  std::vector<LaneId> lanes = std::exchange(left_, {});
  absl::StatusOr<std::vector<UnopenedLane>> left = ListUnopened(recovered, settled, lanes);
  if (!left.ok()) {
    NoteError(Operation::kRead, left.status());
    Fail(left.status());
    return Stopped();
  }
  CloseLanes(lanes);
  if (absl::Status status = WriteMarks(); !status.ok()) return status;
  return left;
}

absl::StatusOr<std::vector<UnopenedLane>> Writer::ListUnopened(
    const Recovered& recovered, const std::function<bool(uint64_t position, LaneId lane)>& settled,
    std::vector<LaneId>& lanes) {
  absl::StatusOr<std::vector<LaneId>> open = store_.OpenLaneIds();
  if (!open.ok()) return open.status();
  const size_t taken_out = lanes.size();
  std::ranges::copy_if(*open, std::back_inserter(lanes),
                       [&](LaneId lane) { return !opened_.contains(lane); });
  std::vector<UnopenedLane> left;
  for (size_t i = 0; i < lanes.size(); ++i) {
    UnopenedLane unopened{.taken_out = i < taken_out};
    const absl::StatusOr<LaneState> state = store_.GetLane(lanes[i], unopened.name);
    if (!state.ok()) return state.status();
    unopened.parked = state->parked;
    unopened.from = std::max(state->since, state->cursor.value_or(recovered.watermark + 1));
    unopened.last = recovered.last_position;
    Narrow(lanes[i], settled, unopened);
    if (unopened.parked > 0 || unopened.from <= unopened.last) left.push_back(std::move(unopened));
  }
  return left;
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
