// What was settled before a shard was taken is looked up by position and lane.

#include "carillon/store/settled_set.h"

#include <gtest/gtest.h>

namespace carillon::store {
namespace {

TEST(SettledSet, KnowsPairsInWhateverOrderTheyCame) {
  const SettledSet settled({{9, 2}, {3, 1}, {9, 1}, {3, 1}});
  EXPECT_EQ(settled.size(), 3u);
  EXPECT_TRUE(settled.Contains(3, 1));
  EXPECT_TRUE(settled.Contains(9, 1));
  EXPECT_TRUE(settled.Contains(9, 2));
  EXPECT_FALSE(settled.Contains(3, 2));
  EXPECT_FALSE(settled.Contains(4, 1));
  EXPECT_FALSE(settled.Contains(10, 1));
}

TEST(SettledSet, EmptyKnowsNothing) { EXPECT_FALSE(SettledSet().Contains(1, 1)); }

}  // namespace
}  // namespace carillon::store
