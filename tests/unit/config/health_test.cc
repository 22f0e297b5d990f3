// Breaker and disabling: defaults, bounds, what excludes what; and a destination with everything
// that says how it is paced, ordered and left alone.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fixtures.h"

namespace carillon::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

model::Destination WithMembers(const std::string& members) {
  return Parsed(WithDestination(members)).destinations.at(0);
}

TEST(Breaker, Defaults) {
  EXPECT_EQ(WithMembers("").breaker, model::Breaker{});
  const model::Breaker breaker = WithMembers("breaker: {}").breaker.value();
  EXPECT_EQ(breaker, model::Breaker{});
  EXPECT_EQ(breaker.consecutive_failures, 10u);
  EXPECT_EQ(breaker.failure_rate, 0.5);
  EXPECT_EQ(breaker.min_attempts, 20u);
  EXPECT_EQ(breaker.window, minutes(1));
  EXPECT_EQ(breaker.delay, seconds(1));
  EXPECT_EQ(breaker.max_delay, minutes(1));
  EXPECT_EQ(WithMembers("breaker: {delay: 10m}").breaker->max_delay, minutes(10));
  EXPECT_EQ(WithMembers("breaker: {off: false}").breaker, model::Breaker{});
}

TEST(Breaker, OffExcludesAllOthers) {
  EXPECT_FALSE(WithMembers("breaker: {off: true}").breaker);
  for (const char* member : {"consecutive_failures: 0", "failure_rate: 0.5", "min_attempts: 1",
                             "window: 1s", "delay: 1s", "max_delay: 5m"}) {
    ExpectRefusal(std::string("breaker: {off: true, ") + member + "}",
                  "breaker: off: true excludes all other members");
  }
}

TEST(Breaker, ZeroIsNotLookedAt) {
  EXPECT_EQ(WithMembers("breaker: {consecutive_failures: 0}").breaker->consecutive_failures, 0u);
  EXPECT_GT(WithMembers("breaker: {failure_rate: 0}").breaker->failure_rate, 1);
  EXPECT_EQ(WithMembers("breaker: {failure_rate: 1}").breaker->failure_rate, 1);
  ExpectRefusal("breaker: {failure_rate: 0, consecutive_failures: 0}",
                "breaker: looks at nothing: needs consecutive_failures, failure_rate or off: true");
}

TEST(Breaker, Bounds) {
  const std::string rate = "breaker.failure_rate: must be 0.01 to 1, or 0";
  const std::string attempts = "breaker.min_attempts: must be 1 to 100000";
  const std::pair<std::string, std::string> cases[] = {
      {"consecutive_failures: 10000", ""},
      {"consecutive_failures: 10001", "breaker.consecutive_failures: must be 0 to 10000"},
      {"failure_rate: 0.01", ""},
      {"failure_rate: 0.009", rate},
      {"failure_rate: 1.01", rate},
      {"failure_rate: -0.5", rate},
      {"min_attempts: 1", ""},
      {"min_attempts: 100000", ""},
      {"min_attempts: 0", attempts},
      {"min_attempts: 100001", attempts},
      {"window: 1s", ""},
      {"window: 1h", ""},
      {"window: 999ms", "breaker.window: must be 1s to 1h"},
      {"window: 3600001ms", "breaker.window: must be 1s to 1h"},
      {"delay: 100ms", ""},
      {"delay: 1h", ""},
      {"delay: 99ms", "breaker.delay: must be 100ms to 1h"},
      {"delay: 3600001ms", "breaker.delay: must be 100ms to 1h"},
      {"delay: 100ms, max_delay: 100ms", ""},
      {"max_delay: 24h", ""},
      {"max_delay: 99ms", "breaker.max_delay: must be 100ms to 1d"},
      {"max_delay: 86400001ms", "breaker.max_delay: must be 100ms to 1d"},
      {"max_delay: 1s", ""},
      {"max_delay: 999ms", "breaker.max_delay: must not be shorter than delay (by default 1s)"},
      {"delay: 2s, max_delay: 1s", "breaker.max_delay: must not be shorter than delay (2s)"},
  };
  for (const auto& [member, error] : cases) ExpectRefusal("breaker: {" + member + "}", error);
}

TEST(Disabling, IsKept) {
  EXPECT_EQ(WithMembers("").disabling, model::Disabling{});
  EXPECT_EQ(WithMembers("disabling: {}").disabling, model::Disabling{});
  EXPECT_EQ(WithMembers("disabling: {never: true}").disabling,
            (model::Disabling{.failing_for = std::nullopt}));
  EXPECT_EQ(WithMembers("disabling: {on_gone: false, failing_for: 2d, when_retries_end: true, "
                        "deliveries: dead}")
                .disabling,
            (model::Disabling{.on_gone = false,
                              .failing_for = hours(48),
                              .when_retries_end = true,
                              .drop_deliveries = true}));
  EXPECT_FALSE(WithMembers("disabling: {deliveries: keep}").disabling.drop_deliveries);
}

TEST(Disabling, Bounds) {
  const std::pair<std::string, std::string> cases[] = {
      {"failing_for: 1m", ""},
      {"failing_for: 365d", ""},
      {"failing_for: 59999ms", "disabling.failing_for: must be 1m to 365d"},
      {"failing_for: 366d", "disabling.failing_for: must be 1m to 365d"},
      {"never: false, failing_for: 1m", ""},
      {"never: true, failing_for: 1m",
       "disabling.failing_for: must be left out when never is true"},
      {"deliveries: drop", "disabling.deliveries: must be one of keep, dead"},
      {"on_gone: 1", "disabling.on_gone: must be true or false"},
  };
  for (const auto& [member, error] : cases) ExpectRefusal("disabling: {" + member + "}", error);
}

TEST(Enabled, IsKept) {
  EXPECT_TRUE(WithMembers("").enabled);
  EXPECT_TRUE(WithMembers("disabled: false").enabled);
  EXPECT_FALSE(WithMembers("disabled: true").enabled);
  // An earlier version counted up here to enable a destination.
  ExpectRefusal(
      "generation: 1",
      "generation: is removed: EnableDestination (`carillon destinations enable`) enables "
      "a destination again, ReleaseDestination lets go what is held; `carillon config "
      "migrate` rewrites the file");
}

TEST(Everything, OfPaceOrderAndHealth) {
  const Config config = Parsed(R"(
limits:
  max_in_flight: 2000
  tenant_defaults: {max_in_flight: 200, max_backlog_bytes: 3MiB}
event_types:
  - name: order.paid
destinations:
  - name: warehouse
    url: https://warehouse.example.com/events
    format: array
    concurrency: 16
    adaptive_concurrency: true
    order: {by: key, after_dead: hold}
    batch: {max_events: 50, max_bytes: 64KiB, max_wait: 2s}
    rate: {per_second: 20, burst: 40}
    breaker:
      consecutive_failures: 5
      failure_rate: 0.25
      min_attempts: 40
      window: 5m
      delay: 30s
      max_delay: 1h
    disabling:
      on_gone: false
      failing_for: 3d
      when_retries_end: true
      deliveries: dead
    disabled: true
  - name: pager
    url: https://pager.example.com/hooks
subscriptions:
  - name: orders
    types: [order.paid]
    destinations: [warehouse]
  - name: health
    types: ["destination.*", delivery.dead]
    destinations: [pager]
)");
  const model::Destination& d = config.destinations.at(0);
  EXPECT_EQ(config.limits.max_in_flight(), 2000u);
  EXPECT_EQ(config.limits.tenant_defaults().max_in_flight(), 200u);
  EXPECT_EQ(config.limits.tenant_defaults().max_backlog_bytes(), 3u << 20);
  EXPECT_EQ(Parsed("").limits.tenant_defaults().max_backlog_bytes(), 10ull << 30);
  EXPECT_EQ(d.concurrency, 16u);
  EXPECT_TRUE(d.adaptive);
  EXPECT_EQ(d.order, (model::Order{model::Ordering::kKey, model::AfterDead::kHold}));
  EXPECT_EQ(d.batch, (model::Batch{50, 64u << 10, seconds(2)}));
  EXPECT_EQ(d.rate, (model::Rate{20, 40}));
  EXPECT_EQ(d.breaker, (model::Breaker{5, 0.25, 40, minutes(5), seconds(30), hours(1)}));
  EXPECT_EQ(d.disabling, (model::Disabling{false, hours(72), true, true}));
  EXPECT_FALSE(d.enabled);
}

}  // namespace
}  // namespace carillon::config
