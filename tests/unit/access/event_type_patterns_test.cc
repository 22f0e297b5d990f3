#include "carillon/access/event_type_patterns.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::access {
namespace {

TEST(EventTypePatterns, HaveTheFormOfTypesAndOneStarAtTheEnd) {
  for (const char* const good : {"*", "order.paid", "order.*", "a", "a_b-c.d.*"}) {
    EXPECT_TRUE(IsTypePattern(good)) << good;
  }
  for (const char* const bad :
       {"", "**", "order*", "*.paid", "order.*.x", ".*", "Order", "a b", "a/b"}) {
    EXPECT_FALSE(IsTypePattern(bad)) << bad;
  }
  EXPECT_TRUE(IsTypePattern(std::string(128, 'a')));
  EXPECT_FALSE(IsTypePattern(std::string(129, 'a')));
}

TEST(EventTypePatterns, MatchWhatBeginsWithTheirGroup) {
  EXPECT_TRUE(MatchesType("*", "anything"));
  EXPECT_TRUE(MatchesType("order.*", "order.paid"));
  EXPECT_TRUE(MatchesType("order.*", "order.line.added"));
  EXPECT_FALSE(MatchesType("order.*", "order"));
  EXPECT_FALSE(MatchesType("order.*", "orders.paid"));
  EXPECT_TRUE(MatchesType("order.paid", "order.paid"));
  EXPECT_FALSE(MatchesType("order.paid", "order.paid2"));
  EXPECT_FALSE(MatchesType("order.paid", "order"));
}

TEST(EventTypePatterns, CoverWhatTheyContain) {
  EXPECT_TRUE(CoversPattern("*", "*"));
  EXPECT_TRUE(CoversPattern("*", "order.*"));
  EXPECT_TRUE(CoversPattern("order.*", "order.line.*"));
  EXPECT_TRUE(CoversPattern("order.*", "order.paid"));
  EXPECT_FALSE(CoversPattern("order.line.*", "order.*"));
  EXPECT_FALSE(CoversPattern("order.*", "*"));
  EXPECT_FALSE(CoversPattern("order.paid", "order.*"));
  EXPECT_FALSE(CoversPattern("order.paid", "order.pai"));
}

}  // namespace
}  // namespace carillon::access
