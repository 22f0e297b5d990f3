#include "group_tally.h"

#include <algorithm>

namespace carillon::journal {

GroupState& GroupTally::Of(GroupId group) {
  GroupState& state = groups_[group];
  state.group = group;
  return state;
}

void GroupTally::Add(const Parked& row) {
  if (row.due.kind() == Due::Kind::kHeld) {
    ++Of(row.due.group()).held;
    return;
  }
  row_groups_.clear();
  if (row.group != 0) row_groups_.push_back(row.group);
  for (const BatchMember& member : row.rest) {
    if (member.group != 0) row_groups_.push_back(member.group);
  }
  std::sort(row_groups_.begin(), row_groups_.end());
  const auto end = std::unique(row_groups_.begin(), row_groups_.end());
  for (auto group = row_groups_.begin(); group != end; ++group) {
    GroupState& state = Of(*group);
    if (row.due == Due::Stuck()) {
      state.stuck = true;
    } else {
      ++state.timed;
    }
  }
}

std::vector<GroupState> GroupTally::Take() {
  std::vector<GroupState> states;
  states.reserve(groups_.size());
  for (const auto& [group, state] : groups_) states.push_back(state);
  groups_.clear();
  std::sort(states.begin(), states.end(),
            [](const GroupState& a, const GroupState& b) { return a.group < b.group; });
  return states;
}

}  // namespace carillon::journal
