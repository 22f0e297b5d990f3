#include "carillon/aip/field_path.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "aip_test.pb.h"

namespace carillon::aip {
namespace {

using ::carillon::aiptest::Thing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

FieldPath At(const std::vector<std::string>& parts) {
  auto path = FieldPath::Resolve(*Thing::descriptor(), parts);
  EXPECT_TRUE(path.ok()) << path.status();
  return path.ok() ? *path : FieldPath();
}

std::string Refusal(const std::vector<std::string>& parts) {
  const auto path = FieldPath::Resolve(*Thing::descriptor(), parts);
  EXPECT_EQ(path.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(path.status().message());
}

std::vector<Value> All(const Thing& thing, const std::vector<std::string>& parts) {
  std::vector<Value> values;
  At(parts).Visit(thing, [&](const Value& value) { values.push_back(value); });
  return values;
}

TEST(FieldPath, TakesBothSpellings) {
  EXPECT_EQ(At({"display_name"}).ToString(), "display_name");
  EXPECT_EQ(At({"displayName"}).ToString(), "display_name");
  EXPECT_EQ(At({"status", "failingSince"}).ToString(), "status.failing_since");
}

TEST(FieldPath, SaysWhatIsWrong) {
  EXPECT_EQ(Refusal({"nam"}), "there is no member 'nam'; did you mean 'name'?");
  EXPECT_EQ(Refusal({"status", "dead"}), "there is no member 'dead'");
  EXPECT_EQ(Refusal({"name", "x"}), "'name' has no members");
  EXPECT_EQ(Refusal({"create_time", "seconds"}), "'create_time' has no members");
  EXPECT_EQ(Refusal({"labels", "team", "x"}), "nothing is within an element of 'labels'");
  EXPECT_EQ(Refusal({}), "an empty path");
  EXPECT_THAT(Refusal({"a\nb"}), HasSubstr("a\\x0ab"));
}

TEST(FieldPath, ReadsEachType) {
  Thing thing;
  thing.set_name("n");
  thing.set_state(Thing::PAUSED);
  thing.set_small(-4);
  thing.set_large(INT64_MIN);
  thing.set_position(UINT64_MAX);
  thing.set_bound(0);
  thing.set_ratio(0.5);
  thing.set_flag(true);
  thing.set_blob("b");
  thing.mutable_create_time()->set_seconds(7);
  thing.mutable_wait()->set_nanos(9);
  EXPECT_EQ(At({"name"}).Read(thing), Value(std::string("n")));
  EXPECT_EQ(At({"state"}).Read(thing), Value(int64_t{2}));
  EXPECT_EQ(At({"small"}).Read(thing), Value(int64_t{-4}));
  EXPECT_EQ(At({"large"}).Read(thing), Value(INT64_MIN));
  EXPECT_EQ(At({"position"}).Read(thing), Value(UINT64_MAX));
  EXPECT_EQ(At({"bound"}).Read(thing), Value(uint64_t{0}));
  EXPECT_EQ(At({"ratio"}).Read(thing), Value(0.5));
  EXPECT_EQ(At({"flag"}).Read(thing), Value(true));
  EXPECT_EQ(At({"blob"}).Read(thing), Value(std::string("b")));
  EXPECT_EQ(At({"create_time"}).Read(thing), Value(Moment{7, 0}));
  EXPECT_EQ(At({"wait"}).Read(thing), Value(Moment{0, 9}));
}

TEST(FieldPath, WhatIsUnsetHasNoValue) {
  const Thing thing;
  EXPECT_EQ(At({"bound"}).Read(thing), Value());
  EXPECT_EQ(At({"create_time"}).Read(thing), Value());
  EXPECT_EQ(At({"status", "dead_count"}).Read(thing), Value());
  EXPECT_EQ(At({"name"}).Read(thing), Value(std::string()));  // it has no presence
  Thing with_status;
  with_status.mutable_status();
  EXPECT_EQ(At({"status", "dead_count"}).Read(with_status), Value(int64_t{0}));
  EXPECT_EQ(At({"status", "reason"}).Read(with_status), Value());
}

TEST(FieldPath, VisitsListsAndMaps) {
  Thing thing;
  thing.add_types("a");
  thing.add_types("b");
  thing.add_numbers(3);
  thing.add_changes()->set_resource("r");
  thing.add_changes()->set_resource("s");
  (*thing.mutable_labels())["team"] = "billing";
  (*thing.mutable_labels())["app.io/x"] = "y";
  EXPECT_THAT(All(thing, {"types"}), ElementsAre(Value(std::string("a")), Value(std::string("b"))));
  EXPECT_THAT(All(thing, {"numbers"}), ElementsAre(Value(int64_t{3})));
  EXPECT_THAT(All(thing, {"changes", "resource"}),
              ElementsAre(Value(std::string("r")), Value(std::string("s"))));
  EXPECT_THAT(All(thing, {"changes"}), ElementsAre(Value(true), Value(true)));
  EXPECT_THAT(All(thing, {"labels"}),
              UnorderedElementsAre(Value(std::string("team")), Value(std::string("app.io/x"))));
  EXPECT_THAT(All(thing, {"labels", "team"}), ElementsAre(Value(std::string("billing"))));
  EXPECT_THAT(All(thing, {"labels", "app.io/x"}), ElementsAre(Value(std::string("y"))));
  EXPECT_THAT(All(thing, {"labels", "none"}), ElementsAre());
}

TEST(FieldPath, KnowsWhereSeveralValuesAre) {
  EXPECT_TRUE(At({"types"}).is_repeated());
  EXPECT_TRUE(At({"changes", "resource"}).is_repeated());
  EXPECT_TRUE(At({"labels"}).is_repeated());
  EXPECT_FALSE(At({"labels", "team"}).is_repeated());
  EXPECT_FALSE(At({"status", "reason"}).is_repeated());
}

}  // namespace
}  // namespace carillon::aip
