// What the journal thread does to lanes: opening, and closing in steps.

#include <utility>

#include "writer.h"

namespace carillon::journal {
namespace {

/// Parked deliveries that one transaction makes dead.
constexpr size_t kCloseRows = 10'000;

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

void Writer::CloseUnopenedLanes() {
  if (failed()) return;
  absl::StatusOr<std::vector<LaneId>> lanes = store_.OpenLaneIds();
  if (!lanes.ok()) return Fail(lanes.status());
  std::erase_if(*lanes, [&](LaneId lane) { return opened_.contains(lane); });
  CloseLanes(*lanes);
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
