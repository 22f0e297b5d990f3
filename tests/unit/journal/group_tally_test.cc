#include "group_tally.h"

#include <gtest/gtest.h>

namespace carillon::journal {
namespace {

Parked RowOf(Due due, GroupId group, std::vector<BatchMember> rest = {}) {
  return {1, due, 10, 1, group, std::move(rest)};
}

TEST(GroupTally, CountsRowsByGroup) {
  const Due due = Due::At(base::FromUnixNanos(5));
  GroupTally tally;
  tally.Add(RowOf(due, 0, {{11, 0}}));
  tally.Add(RowOf(due, 7));
  tally.Add(RowOf(due, 0, {{11, 7}, {12, 9}, {13, 7}}));  // one row, twice the group
  tally.Add(RowOf(Due::Held(7), 7));
  tally.Add(RowOf(Due::Held(7), 7));
  tally.Add(RowOf(Due::Held(kMaxGroup), kMaxGroup));
  tally.Add(RowOf(Due::Stuck(), 9));
  tally.Add(RowOf(Due::Stuck(), 4));
  const std::vector<GroupState> groups = tally.Take();
  ASSERT_EQ(groups.size(), 4u);
  const auto expect = [](const GroupState& state, GroupId group, uint64_t timed, uint64_t held,
                         bool stuck) {
    EXPECT_EQ(state.group, group);
    EXPECT_EQ(state.timed, timed) << group;
    EXPECT_EQ(state.held, held) << group;
    EXPECT_EQ(state.stuck, stuck) << group;
  };
  expect(groups[0], 4, 0, 0, true);
  expect(groups[1], 7, 2, 2, false);
  expect(groups[2], 9, 1, 0, true);
  expect(groups[3], kMaxGroup, 0, 1, false);
  EXPECT_TRUE(tally.Take().empty());
}

}  // namespace
}  // namespace carillon::journal
