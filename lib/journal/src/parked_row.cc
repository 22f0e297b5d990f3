#include "parked_row.h"

#include "batch_rest.h"
#include "due_key.h"

namespace carillon::journal {

absl::StatusOr<Parked> GetParked(LaneId lane, const sqlite::Statement& row) {
  Parked parked;
  parked.lane = lane;
  parked.due = DueAt(row.Int(0));
  parked.position = static_cast<uint64_t>(row.Int(1));
  parked.attempts = static_cast<uint32_t>(row.Int(2));
  parked.again = (row.Int(2) & kAgainBit) != 0;
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
