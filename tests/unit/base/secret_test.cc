#include "carillon/base/secret.h"

#include <gmock/gmock.h>

#include <sstream>

namespace carillon::base {
namespace {

TEST(Secret, PrintsItselfAsStars) {
  const Secret secret("hunter2");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(testing::PrintToString(secret), "***");
}

TEST(Secret, IsItsBytes) {
  EXPECT_EQ(Secret("a").Reveal(), "a");
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_NE(Secret("a"), Secret("b"));
  EXPECT_TRUE(Secret().empty());
  EXPECT_FALSE(Secret("a").empty());
}

}  // namespace
}  // namespace carillon::base
