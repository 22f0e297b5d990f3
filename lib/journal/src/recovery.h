#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "id_hash.h"
#include "id_window.h"
#include "progress.h"
#include "settled_set.h"
#include "sqlite.h"

namespace carillon::journal {

/// What the store knew when it was opened.
struct OpenedState {
  Progress progress;
  AttemptTail attempt_tail;
  int64_t next_attempt_id = 1;
  std::vector<LaneId> closing;  ///< lanes whose parked deliveries are still to be made dead
  SettledSet settled;
  uint64_t dead = 0;
  HashKey hash_key{};
};

/// Reads the state back, checks the tail of the journal, and fills `ids`. DATA_LOSS when what is
/// there cannot be true.
absl::StatusOr<OpenedState> Recover(Database& database, base::WallTime now, IdWindow& ids);

}  // namespace carillon::journal
