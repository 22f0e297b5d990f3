#include "carillon/base/shared_value.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::base {
namespace {

TEST(SharedValue, CopiesAreOneValueInMemory) {
  const SharedValue<std::string> value(std::string(100, 'x'));
  const SharedValue<std::string> copy = value;
  EXPECT_EQ(copy->data(), value->data());
  EXPECT_EQ(copy.pointer(), value.pointer());
  EXPECT_EQ(*copy, std::string(100, 'x'));
}

TEST(SharedValue, EqualsWhatHoldsTheSame) {
  const SharedValue<int> none;
  EXPECT_EQ(SharedValue<int>(1), SharedValue<int>(1));
  EXPECT_NE(SharedValue<int>(1), SharedValue<int>(2));
  EXPECT_NE(SharedValue<int>(0), none);
  EXPECT_NE(none, SharedValue<int>(0));
  EXPECT_EQ(none, SharedValue<int>());
}

TEST(SharedValue, HoldsNothingUnlessGiven) {
  SharedValue<int> value;
  EXPECT_FALSE(value.has_value());
  EXPECT_EQ(value.pointer(), nullptr);
  value = 3;
  const SharedValue<int> copy = value;
  EXPECT_TRUE(value);
  value.reset();
  EXPECT_FALSE(value);
  EXPECT_EQ(*copy, 3);
}

}  // namespace
}  // namespace carillon::base
