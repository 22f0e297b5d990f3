#include "carillon/base/shared_text.h"

#include <gtest/gtest.h>

namespace carillon::base {
namespace {

TEST(SharedText, CopiesAreOneTextInMemory) {
  const SharedText text(std::string(100, 'x'));
  const SharedText copy = text;
  EXPECT_EQ(copy.str().data(), text.str().data());
  EXPECT_TRUE(copy.shares(text));
  const std::string& same = copy;
  EXPECT_EQ(same.data(), text.str().data());
}

TEST(SharedText, EqualsWhatReadsTheSame) {
  EXPECT_EQ(SharedText("a"), SharedText(std::string("a")));
  EXPECT_FALSE(SharedText("a").shares(SharedText("a")));
  EXPECT_NE(SharedText("a"), SharedText("b"));
  EXPECT_NE(SharedText("a"), SharedText());
}

TEST(SharedText, IsEmptyWithoutText) {
  EXPECT_TRUE(SharedText().empty());
  EXPECT_TRUE(SharedText("").empty());
  EXPECT_EQ(SharedText(""), SharedText());
  EXPECT_EQ(SharedText().str(), "");
  EXPECT_FALSE(SharedText("a").empty());
}

}  // namespace
}  // namespace carillon::base
