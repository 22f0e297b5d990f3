#include "parked_row.h"

#include <algorithm>

#include "batch_rest.h"
#include "due_key.h"

namespace carillon::journal {

int64_t AttemptsOf(const Parked& row) {
  if (!row.again()) return row.attempts;
  const int64_t replay = row.trigger == model::Trigger::kReplay ? kReplayBit : 0;
  const int64_t earlier = std::min(row.earlier, store::kMaxEarlier);
  return row.attempts | kAgainBit | replay | earlier << kEarlierShift;
}

absl::StatusOr<Parked> GetParked(LaneId lane, const sqlite::Statement& row) {
  Parked parked;
  parked.lane = lane;
  parked.due = DueAt(row.Int(0));
  parked.position = static_cast<uint64_t>(row.Int(1));
  parked.attempts = static_cast<uint32_t>(row.Int(2));
  if ((row.Int(2) & kAgainBit) != 0) {
    parked.trigger =
        (row.Int(2) & kReplayBit) != 0 ? model::Trigger::kReplay : model::Trigger::kResend;
    parked.earlier = static_cast<uint32_t>(row.Int(2) >> kEarlierShift) & store::kMaxEarlier;
  }
  parked.group = static_cast<GroupId>(row.Int(3));
  parked.bytes = static_cast<uint64_t>(row.Int(5));
  if (absl::Status status = DecodeRest(row.Blob(4), parked); !status.ok()) return status;
  return parked;
}

void Cancel(const Parked& row, base::WallTime at, std::vector<DeadLetter>& dead) {
  if (IsMark(row)) return;
  const auto add = [&](uint64_t position) {
    dead.push_back({row.lane, position, row.attempts, model::Outcome::kCancelled, at});
  };
  add(row.position);
  for (const BatchMember& member : row.rest) add(member.position);
}

}  // namespace carillon::journal
