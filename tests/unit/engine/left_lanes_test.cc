// What is told of destinations that were taken out while the service was down.

#include "left_lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace carillon::engine {
namespace {

using testing::HasSubstr;

TEST(LeftLanes, WhatIsParkedIsGivenUpAndDeadWhatIsNotKnownIsSaidOnly) {
  const auto metrics = metrics::Metrics::Create("test");
  const base::SystemClock clock;
  std::ostringstream out;
  auto logger = log::Logger::Create(out, log::Level::kInfo, clock);
  TellLeftLanes({{.name = {"acme", "one"}, .parked = 4, .from = 3, .last = 2},
                 {.name = {"acme", "two"}, .parked = 0, .from = 5, .last = 9},
                 {.name = {"acme", "three"}, .parked = 2, .from = 7, .last = 7}},
                *metrics, *logger);
  logger.reset();
  const std::string scrape = metrics->Render();
  EXPECT_THAT(scrape, HasSubstr("carillon_given_up_total{reason=\"removed\"} 6\n"));
  EXPECT_THAT(scrape, HasSubstr("carillon_dead_total 6\n"));
  const std::string log = out.str();
  EXPECT_THAT(log, HasSubstr(R"("destination":"acme/one","parked":4,"events_not_got":0,)"
                             R"("from_position":0)"));
  EXPECT_THAT(log, HasSubstr(R"("destination":"acme/two","parked":0,"events_not_got":5,)"
                             R"("from_position":5)"));
  EXPECT_THAT(log, HasSubstr(R"("destination":"acme/three","parked":2,"events_not_got":1,)"
                             R"("from_position":7)"));
}

TEST(LeftLanes, ManyAreCountedButHaveNoLineEach) {
  const auto metrics = metrics::Metrics::Create("test");
  const base::SystemClock clock;
  std::ostringstream out;
  auto logger = log::Logger::Create(out, log::Level::kInfo, clock);
  std::vector<store::RetiredLane> left;
  for (size_t i = 0; i < kMaxToldLanes + 5; ++i) {
    left.push_back({.name = {"t", "d" + std::to_string(i)}, .parked = 2, .from = 9, .last = 8});
  }
  TellLeftLanes(left, *metrics, *logger);
  logger.reset();
  const std::string told = out.str();
  EXPECT_THAT(told, HasSubstr(R"("destinations":5,"parked":10)"));
  EXPECT_LE(std::ranges::count(told, '\n'), static_cast<std::ptrdiff_t>(kMaxToldLanes + 1));
  EXPECT_THAT(metrics->Render(), HasSubstr("carillon_given_up_total{reason=\"removed\"} 2010"));
}

}  // namespace
}  // namespace carillon::engine
