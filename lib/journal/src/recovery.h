#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/sqlite/database.h"
#include "carillon/store/settled_set.h"
#include "id_hash.h"
#include "id_window.h"
#include "progress.h"

namespace carillon::journal {

/// What the store knew when it was opened.
struct OpenedState {
  Progress progress;
  AttemptTail attempt_tail;
  int64_t next_attempt_id = 1;
  std::shared_ptr<const SettledSet> settled;
  uint64_t dead = 0;
  HashKey hash_key{};
};

/// Told of each chunk of attempts that is not below the attempt floor: its id, and the highest
/// position in it.
using SeeAttempts = absl::FunctionRef<void(int64_t id, uint64_t max_position)>;

/// Reads which deliveries are settled and read again when a shard's owner begins where `progress`
/// stands. DATA_LOSS when what is there cannot be true.
absl::StatusOr<SettledSet> ReadSettled(sqlite::Database& database, const Progress& progress,
                                       SeeAttempts see);

/// Reads the state back, checks the tail of the journal, and fills `ids`. DATA_LOSS when what is
/// there cannot be true.
absl::StatusOr<OpenedState> Recover(sqlite::Database& database, base::WallTime now, IdWindow& ids);

}  // namespace carillon::journal
