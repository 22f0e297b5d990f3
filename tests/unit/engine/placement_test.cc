#include "placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace carillon::engine {
namespace {

using testing::ElementsAre;

/// `ta`: the destination `a` of the tenant `t`.
std::vector<Placement::FullName> Full(const std::vector<std::string>& names) {
  std::vector<Placement::FullName> full;
  for (const std::string& name : names) full.emplace_back(name.substr(0, 1), name.substr(1));
  return full;
}

void Change(Placement& placement, const std::vector<std::string>& removed,
            const std::vector<std::string>& added) {
  placement.Commit(placement.Plan(Full(removed), Full(added)));
}

/// `shard:place` of each.
std::vector<std::string> Assignments(const Placement& placement,
                                     const std::vector<std::string>& names) {
  std::vector<std::string> assignments;
  for (const Placement::FullName& name : Full(names)) {
    const Placement::Assignment* assignment = placement.Find(name);
    assignments.push_back(assignment == nullptr ? "-"
                                                : std::to_string(assignment->shard) + ":" +
                                                      std::to_string(assignment->place));
  }
  return assignments;
}

TEST(PlacementTest, ANewOneGoesWhereTheFewestAre) {
  Placement placement(3);
  Change(placement, {}, {"ta", "tb", "tc", "td"});
  EXPECT_THAT(Assignments(placement, {"ta", "tb", "tc", "td"}),
              ElementsAre("0:0", "1:0", "2:0", "0:1"));
  Change(placement, {"tb"}, {"te", "tf"});
  EXPECT_THAT(Assignments(placement, {"ta", "tb", "tc", "td", "te", "tf"}),
              ElementsAre("0:0", "-", "2:0", "0:1", "1:1", "1:2"))
      << "tb is gone, and its shard has room";
}

TEST(PlacementTest, APlaceIsGivenAgainAfterTheChangeThatFreedIt) {
  Placement placement(1);
  Change(placement, {}, {"ta", "tb", "tc"});
  Change(placement, {"ta", "tb"}, {"td"});
  EXPECT_THAT(Assignments(placement, {"tc", "td"}), ElementsAre("0:2", "0:3"))
      << "until the change is in force its lane stands there";
  Change(placement, {}, {"te", "tf", "tg"});
  EXPECT_THAT(Assignments(placement, {"tc", "td", "te", "tf", "tg"}),
              ElementsAre("0:2", "0:3", "0:1", "0:0", "0:4"));
}

TEST(PlacementTest, WhatWasAwayIsNew) {
  Placement placement(2);
  Change(placement, {}, {"ta", "tb"});
  Change(placement, {"tb"}, {});
  Change(placement, {}, {"tc", "tb"});
  EXPECT_THAT(Assignments(placement, {"ta", "tc", "tb"}), ElementsAre("0:0", "1:0", "0:1"));
}

TEST(PlacementTest, TheTenantIsPartOfTheName) {
  Placement placement(2);
  Change(placement, {}, {"ta", "ua"});
  Change(placement, {"ta"}, {});
  EXPECT_THAT(Assignments(placement, {"ta", "ua"}), ElementsAre("-", "1:0"));
}

TEST(PlacementTest, APlanThatIsDroppedChangesNothing) {
  Placement placement(2);
  Change(placement, {}, {"ta", "tb"});
  placement.Plan(Full({"ta", "tb"}), Full({"tc"}));
  EXPECT_THAT(Assignments(placement, {"ta", "tb", "tc"}), ElementsAre("0:0", "1:0", "-"));
  Change(placement, {}, {"td"});
  EXPECT_THAT(Assignments(placement, {"td"}), ElementsAre("0:1"));
}

TEST(PlacementTest, NoTwoEverStandAtOnePlace) {
  Placement placement(3);
  std::set<std::string> placed;
  uint32_t random = 1;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> removed, added;
    for (char name = 'a'; name <= 'z'; ++name) {
      random = random * 1'664'525 + 1'013'904'223;
      if (random >> 30 != 0) continue;
      const std::string full = std::string("t") + name;
      if (placed.erase(full) == 1) {
        removed.push_back(full);
      } else {
        added.push_back(full);
      }
    }
    Change(placement, removed, added);
    placed.insert(added.begin(), added.end());
    const auto assignments = Assignments(placement, {placed.begin(), placed.end()});
    EXPECT_EQ(std::set(assignments.begin(), assignments.end()).size(), placed.size()) << round;
    EXPECT_EQ(std::ranges::count(assignments, "-"), 0) << round;
  }
}

}  // namespace
}  // namespace carillon::engine
