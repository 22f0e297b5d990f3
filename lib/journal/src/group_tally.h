#pragma once

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/journal/journal.h"

namespace carillon::journal {

/// Counts the parked rows of one lane by their groups. Deliveries without a group take no memory.
class GroupTally {
 public:
  void Add(const Parked& row);
  /// Ascending by group; the tally is empty afterwards.
  std::vector<GroupState> Take();

 private:
  GroupState& Of(GroupId group);

  absl::flat_hash_map<GroupId, GroupState> groups_;
  std::vector<GroupId> row_groups_;  ///< kept for its capacity
};

}  // namespace carillon::journal
