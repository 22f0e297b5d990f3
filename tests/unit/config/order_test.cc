// Order and batches: defaults, bounds, and what does not go together.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fixtures.h"

namespace carillon::config {
namespace {

using std::chrono::milliseconds;

model::Destination With(const std::string& members) {
  return Parsed(WithDestination(members)).destinations.at(0);
}

TEST(Order, IsKept) {
  EXPECT_EQ(With("").order, model::Order{});
  EXPECT_EQ(With("order: {}").order, model::Order{});
  EXPECT_EQ(With("order: {by: none}").order, model::Order{});
  EXPECT_EQ(With("order: {by: key}").order, (model::Order{.by = model::Ordering::kKey}));
  EXPECT_EQ(With("order: {by: key, after_dead: continue}").order,
            (model::Order{.by = model::Ordering::kKey}));
  EXPECT_EQ(With("order: {by: strict, after_dead: hold}").order,
            (model::Order{.by = model::Ordering::kStrict, .after_dead = model::AfterDead::kHold}));
}

TEST(Order, StrictHasOneInFlight) {
  EXPECT_EQ(With("order: {by: strict}").concurrency, 1u);
  EXPECT_EQ(With("order: {by: strict}, concurrency: 64").concurrency, 1u);
  EXPECT_EQ(With("order: {by: key}, concurrency: 64").concurrency, 64u);
}

TEST(Order, Refusals) {
  ExpectRefusal("order: {by: keys}",
                "order.by: must be one of none, key, strict; did you mean 'key'?");
  ExpectRefusal("order: {by: key, after_dead: stop}",
                "order.after_dead: must be one of continue, hold");
  ExpectRefusal("order: {after_dead: hold}", "order.after_dead: needs by: key or by: strict");
  ExpectRefusal("order: {by: none, after_dead: continue}",
                "order.after_dead: needs by: key or by: strict");
  ExpectRefusal("order: key", "order: must be a mapping of members");
}

TEST(Batch, IsKept) {
  EXPECT_FALSE(With("format: array").batch);
  EXPECT_EQ(With("format: array, batch: {}").batch, model::Batch{});
  EXPECT_EQ(
      With("format: cloudevents_batch, batch: {max_events: 7, max_bytes: 2KiB, max_wait: 1500ms}")
          .batch,
      (model::Batch{.max_events = 7, .max_bytes = 2048, .max_wait = milliseconds(1500)}));
}

TEST(Batch, Bounds) {
  const std::pair<std::string, std::string> cases[] = {
      {"max_events: 1", ""},
      {"max_events: 1000", ""},
      {"max_events: 0", "batch.max_events: must be 1 to 1000"},
      {"max_events: 1001", "batch.max_events: must be 1 to 1000"},
      {"max_bytes: 1KiB", ""},
      {"max_bytes: 1MiB", ""},
      {"max_bytes: 1023", "batch.max_bytes: must be 1 KiB to 1 MiB"},
      {"max_bytes: 1048577", "batch.max_bytes: must be 1 KiB to 1 MiB"},
      {"max_wait: 0s", ""},
      {"max_wait: 60s", ""},
      {"max_wait: 60001ms", "batch.max_wait: must be 0s to 1m"},
  };
  for (const auto& [member, error] : cases) {
    ExpectRefusal("format: array, batch: {" + member + "}", error);
  }
}

TEST(Batch, NeedsAFormatThatIsAnArray) {
  for (const char* format :
       {"standard", "payload", "cloudevents", "cloudevents_binary", "array", "cloudevents_batch"}) {
    const bool array = std::string(format) == "array" || std::string(format) == "cloudevents_batch";
    ExpectRefusal(std::string("format: ") + format + ", batch: {max_events: 2}",
                  array ? "" : "batch: needs the format array or cloudevents_batch");
  }
  ExpectRefusal("batch: {}", "batch: needs the format array or cloudevents_batch");
}

}  // namespace
}  // namespace carillon::config
