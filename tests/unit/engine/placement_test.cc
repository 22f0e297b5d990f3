#include "placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::engine {
namespace {

using testing::ElementsAre;

/// The names of the destinations of each thread.
std::vector<std::vector<std::string>> Place(Placement& placement,
                                            const std::vector<std::string>& names) {
  std::vector<model::Destination> destinations;
  for (const std::string& name : names) {
    model::Destination& destination = destinations.emplace_back();
    destination.tenant = name.substr(0, 1);
    destination.name = name.substr(1);
  }
  std::vector<std::vector<std::string>> placed;
  for (const auto& shard : placement.Place(destinations, placement)) {
    auto& of_thread = placed.emplace_back();
    for (const model::Destination& d : shard) of_thread.push_back(d.tenant + d.name);
  }
  return placed;
}

TEST(PlacementTest, ANewOneGoesWhereTheFewestAre) {
  Placement placement(3);
  EXPECT_THAT(Place(placement, {"ta", "tb", "tc", "td"}),
              ElementsAre(ElementsAre("ta", "td"), ElementsAre("tb"), ElementsAre("tc")));
  EXPECT_THAT(Place(placement, {"ta", "te", "tc", "td", "tf"}),
              ElementsAre(ElementsAre("ta", "td"), ElementsAre("te", "tf"), ElementsAre("tc")))
      << "tb is gone, and its thread has room";
}

TEST(PlacementTest, AnOldOneStaysWhateverTheOrder) {
  Placement placement(2);
  Place(placement, {"ta", "tb", "tc"});
  EXPECT_THAT(Place(placement, {"tc", "tb"}), ElementsAre(ElementsAre("tc"), ElementsAre("tb")));
  EXPECT_THAT(Place(placement, {"tc"}), ElementsAre(ElementsAre("tc"), ElementsAre()));
}

TEST(PlacementTest, WhatIsInOneAndNotInTheOtherIsTakenOut) {
  Placement before(2), after(2);
  Place(before, {"ta", "tb", "ua", "tc"});
  after = before;
  EXPECT_THAT(before.NotIn(after), ElementsAre());
  Place(after, {"ta", "tc", "td"});
  EXPECT_THAT(before.NotIn(after),
              ElementsAre(Placement::FullName("t", "b"), Placement::FullName("u", "a")));
  EXPECT_THAT(after.NotIn(before), ElementsAre(Placement::FullName("t", "d")));
}

TEST(PlacementTest, WhatWasAwayIsNew) {
  Placement placement(2);
  Place(placement, {"ta", "tb"});
  Place(placement, {"ta"});
  EXPECT_THAT(Place(placement, {"ta", "tc", "tb"}),
              ElementsAre(ElementsAre("ta", "tb"), ElementsAre("tc")));
}

TEST(PlacementTest, TheTenantIsPartOfTheName) {
  Placement placement(2);
  Place(placement, {"ta", "ua"});
  EXPECT_THAT(Place(placement, {"ua"}), ElementsAre(ElementsAre(), ElementsAre("ua")));
}

TEST(PlacementTest, ACopyThatIsForgottenChangesNothing) {
  Placement placement(2);
  Place(placement, {"ta", "tb"});
  Placement tried = placement;
  Place(tried, {"tc"});
  EXPECT_THAT(Place(placement, {"tb"}), ElementsAre(ElementsAre(), ElementsAre("tb")));
}

}  // namespace
}  // namespace carillon::engine
