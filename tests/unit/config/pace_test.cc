// Rate, adaptive concurrency, and the limits over all destinations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fixtures.h"

namespace carillon::config {
namespace {

TEST(Pace, IsKept) {
  const Config plain = Parsed(WithDestination("concurrency: 64"));
  EXPECT_FALSE(plain.destinations[0].rate);
  EXPECT_FALSE(plain.destinations[0].adaptive);
  const Config config = Parsed(WithDestination(
      "concurrency: 64, adaptive_concurrency: true, rate: {per_second: 2.5, burst: 9}"));
  EXPECT_EQ(config.destinations[0].rate, (model::Rate{.per_second = 2.5, .burst = 9}));
  EXPECT_TRUE(config.destinations[0].adaptive);
  EXPECT_EQ(config.destinations[0].concurrency, 64u);
  EXPECT_EQ(Parsed(WithDestination("rate: {per_second: 100}")).destinations[0].rate,
            (model::Rate{.per_second = 100, .burst = 1}));
}

TEST(Pace, Bounds) {
  const std::pair<std::string, std::string> cases[] = {
      {"rate: {per_second: 0.01, burst: 1}", ""},
      {"rate: {per_second: 100000, burst: 100000}", ""},
      {"rate: {per_second: 0.009}", "rate.per_second: must be 0.01 to 100000"},
      {"rate: {per_second: 100000.1}", "rate.per_second: must be 0.01 to 100000"},
      {"rate: {per_second: -1}", "rate.per_second: must be 0.01 to 100000"},
      {"rate: {}", "rate.per_second: must be 0.01 to 100000"},
      {"rate: {burst: 5}", "rate.per_second: must be 0.01 to 100000"},
      {"rate: {per_second: x}", "rate.per_second: must be a number"},
      {"rate: {per_second: 1, burst: 0}", "rate.burst: must be 1 to 100000"},
      {"rate: {per_second: 1, burst: 100001}", "rate.burst: must be 1 to 100000"},
      {"rate: 5", "rate: must be a mapping of members"},
      {"adaptive_concurrency: false", ""},
      {"adaptive_concurrency: 8", "adaptive_concurrency: must be true or false"},
  };
  for (const auto& [members, error] : cases) ExpectRefusal(members, error);
}

TEST(Limits, DefaultsAndBounds) {
  EXPECT_EQ(Parsed("").limits.max_in_flight(), 4096u);
  EXPECT_EQ(Parsed("").limits.tenant_defaults().max_in_flight(), 1024u);
  const Config config =
      Parsed("limits: {max_in_flight: 1, tenant_defaults: {max_in_flight: 65536}}");
  EXPECT_EQ(config.limits.max_in_flight(), 1u);
  EXPECT_EQ(config.limits.tenant_defaults().max_in_flight(), 65'536u);
  for (const char* good : {"1", "65536"}) {
    const std::string member = std::string("{max_in_flight: ") + good + "}";
    EXPECT_EQ(Refusal("limits: " + member), "");
    EXPECT_EQ(Refusal("limits: {tenant_defaults: " + member + "}"), "");
  }
  for (const char* bad : {"0", "65537"}) {
    const std::string member = std::string("{max_in_flight: ") + bad + "}";
    EXPECT_EQ(Refusal("limits: " + member), "limits.max_in_flight: must be 1 to 65536");
    EXPECT_EQ(Refusal("limits: {tenant_defaults: " + member + "}"),
              "limits.tenant_defaults.max_in_flight: must be 1 to 65536");
  }
}

TEST(Operational, TypesMayBeSubscribedToButNotDefined) {
  for (const std::string type :
       {"destination.disabled", "destination.recovered", "delivery.dead"}) {
    EXPECT_THAT(Parsed("").types, testing::Contains(type));
    EXPECT_EQ(Refusal(WithDestination("") + "subscriptions: [{name: s, types: [" + type +
                      "], destinations: [d]}]"),
              "");
    EXPECT_EQ(Refusal("event_types: [{name: " + type + "}]"),
              "event_types[0].name: '" + type + "' is built in; leave it out");
  }
  EXPECT_EQ(Refusal(WithDestination("") +
                    "subscriptions: [{name: s, types: [destination.*], destinations: [d]}]"),
            "");
}

}  // namespace
}  // namespace carillon::config
