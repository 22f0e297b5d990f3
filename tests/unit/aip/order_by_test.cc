#include "carillon/aip/order_by.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "aip_test.pb.h"
#include "carillon/aip/error.h"

namespace carillon::aip {
namespace {

using ::carillon::aiptest::Thing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string>& Allowed() {
  static const std::vector<std::string> kPaths = {"name", "display_name", "create_time", "large",
                                                  "status.failing_since"};
  return kPaths;
}

absl::StatusOr<OrderBy> Parse(const std::string& text) {
  return OrderBy::Parse(text, *Thing::descriptor(), Allowed());
}

std::vector<std::string> Sorted(const std::string& text, std::vector<Thing> things) {
  const auto order = Parse(text);
  EXPECT_TRUE(order.ok()) << order.status();
  std::ranges::sort(things, [&](const Thing& a, const Thing& b) {
    return order->Before(order->KeyOf(a), order->KeyOf(b));
  });
  std::vector<std::string> names;
  for (const Thing& thing : things) names.push_back(thing.name());
  return names;
}

Thing Named(const std::string& name, int64_t large, int64_t failing_since) {
  Thing thing;
  thing.set_name(name);
  thing.set_large(large);
  if (failing_since > 0)
    thing.mutable_status()->mutable_failing_since()->set_seconds(failing_since);
  return thing;
}

std::vector<Thing> Three() { return {Named("b", -1, 5), Named("c", 7, 0), Named("a", 7, 9)}; }

TEST(OrderBy, NameDecidesLast) {
  EXPECT_EQ(Parse("")->ToString(), "name");
  EXPECT_EQ(Parse(" ")->ToString(), "name");
  EXPECT_EQ(Parse("large")->ToString(), "large, name");
  EXPECT_EQ(Parse("large desc,name desc")->ToString(), "large desc, name desc");
  EXPECT_EQ(Parse("name, large")->ToString(), "name");
  EXPECT_EQ(Parse(" createTime  desc , large asc")->ToString(), "create_time desc, large, name");
}

TEST(OrderBy, OrdersBothWays) {
  EXPECT_THAT(Sorted("", Three()), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Sorted("name desc", Three()), ElementsAre("c", "b", "a"));
  EXPECT_THAT(Sorted("large", Three()), ElementsAre("b", "a", "c"));
  EXPECT_THAT(Sorted("large desc", Three()), ElementsAre("a", "c", "b"));
  EXPECT_THAT(Sorted("large desc, name desc", Three()), ElementsAre("c", "a", "b"));
}

TEST(OrderBy, UnsetComesFirst) {
  EXPECT_THAT(Sorted("status.failing_since", Three()), ElementsAre("c", "b", "a"));
  EXPECT_THAT(Sorted("status.failing_since desc", Three()), ElementsAre("a", "b", "c"));
}

TEST(OrderBy, RefusesOthers) {
  for (const char* text : {"etag", "nam", "labels.team", "large up", "large desc desc", ",",
                           "large,", "large,large desc", "status", "large desc, large", "name,",
                           "name, nothing", "name, name desc"}) {
    const auto order = Parse(text);
    ASSERT_FALSE(order.ok()) << text;
    EXPECT_EQ(ReasonOf(order.status()), v1::ORDER_BY_INVALID) << text;
    EXPECT_THAT(std::string(order.status().message()), HasSubstr("order_by: ")) << text;
  }
  EXPECT_THAT(std::string(Parse("etag").status().message()),
              HasSubstr("only by name, display_name, create_time, large, status.failing_since"));
  EXPECT_FALSE(Parse(std::string(257, ' ')).ok());
}

TEST(SortKeys, GoThroughBytes) {
  const SortKey key = {Value(),
                       Value(true),
                       Value(false),
                       Value(INT64_MIN),
                       Value(UINT64_MAX),
                       Value(-0.25),
                       Value(std::string("a\0b", 3)),
                       Value(Moment{-5, 999'999'999})};
  EXPECT_EQ(DecodeSortKey(EncodeSortKey(key)), key);
  EXPECT_EQ(DecodeSortKey(""), SortKey());
}

TEST(SortKeys, CutOnesAreNone) {
  const std::string bytes = EncodeSortKey({Value(std::string("abc")), Value(Moment{1, 2})});
  for (size_t size = 1; size < bytes.size(); ++size) {
    const auto key = DecodeSortKey(bytes.substr(0, size));
    EXPECT_TRUE(!key || key->size() == 1) << size;  // or it ends behind the first value
  }
  EXPECT_EQ(DecodeSortKey("x12345678"), std::nullopt);
  EXPECT_EQ(DecodeSortKey("s\xff\xff\xff\xff\xff\xff\xff\xff"), std::nullopt);
}

}  // namespace
}  // namespace carillon::aip
