#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "carillon/base/clock.h"
#include "carillon/store/parked.h"
#include "lane.h"
#include "lane_journal.h"

namespace carillon::delivery {

/// Whether the event's delivery is among those of the row.
bool Holds(const store::Parked& row, uint64_t position);

/// Finds the row in which a delivery waits for a time that it was told, with its last attempt, to
/// whoever asks. Dispatcher's thread; what is given outlives it.
class ParkedRowFinder {
 public:
  /// `lane` is null, or closing, when it is gone; `row` is null when there is none. The row can be
  /// taken for the length of the call.
  using Task = absl::AnyInvocable<void(Lane* lane, const store::Parked* row)>;

  explicit ParkedRowFinder(LaneJournal& journal) : journal_(journal) {}

  void Find(Lane& lane, uint64_t position, base::WallTime due, Task task);

 private:
  struct Search;
  void Ask(Lane& lane, const std::shared_ptr<Search>& search, const store::ParkedKey& from);
  void OnPage(Lane& lane, const std::shared_ptr<Search>& search, const store::ParkedPage& page);

  LaneJournal& journal_;
};

}  // namespace carillon::delivery
