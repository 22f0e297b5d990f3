#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/store/settlement.h"

namespace carillon::store {

/// Attempts that followed each other in an attempt log.
struct AttemptPage {
  std::vector<AttemptRow> rows;
  uint64_t through = 0;  ///< the place of the last: the next page comes after it
  bool more = false;     ///< there are rows after it
};

/// What came of each attempt, for whoever shows or counts them: deliveries do not need it. Rows are
/// kept as long as events are, the oldest go first, and they go in pieces.
///
/// Thread-safe; no call blocks. Callbacks come on threads of the store: they hand on.
class AttemptLog {
 public:
  static constexpr size_t kMaxRows = 65'536;  ///< asked for in one page

  virtual ~AttemptLog() = default;

  /// Reads what was settled after the place `after`; 0: from the oldest there is. Rows of one shard
  /// come in the order in which they were settled; those of a settlement are there, all of them,
  /// when it was answered, and what is settled later gets a later place. About `limit` rows (1 to
  /// kMaxRows), more where pieces are larger; none when there are none. Places are the store's, and
  /// have gaps; they hold over restarts. DATA_LOSS: what comes next is damaged. UNAVAILABLE: the
  /// store failed or was stopped. INVALID_ARGUMENT: the limit is out of bounds.
  virtual void ReadAttempts(uint64_t after, size_t limit,
                            absl::AnyInvocable<void(absl::StatusOr<AttemptPage>)> done) = 0;
};

}  // namespace carillon::store
