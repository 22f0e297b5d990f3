#include "carillon/web/message.h"

#include <gtest/gtest.h>

namespace carillon::web {
namespace {

TEST(HeadersTest, NamesHaveNoCase) {
  Headers headers{{"Content-Type", "a"}, {"X-One", "1"}, {"x-one", "2"}};
  EXPECT_EQ(headers.Find("content-TYPE"), "a");
  EXPECT_EQ(headers.Find("X-ONE"), "1") << "the first";
  EXPECT_EQ(headers.Find("X-Two"), std::nullopt);
  EXPECT_EQ(headers.Find(""), std::nullopt);
  headers.Set("X-ONE", "3");
  EXPECT_EQ(headers.Find("x-one"), "3");
  EXPECT_EQ(headers.fields().size(), 2u);
}

TEST(ResponseTest, SharedBytesGoBeforeItsOwn) {
  Response response{.body = "own"};
  EXPECT_EQ(response.bytes(), "own");
  response.shared_body = std::make_shared<const std::string>("");
  EXPECT_EQ(response.bytes(), "");
}

}  // namespace
}  // namespace carillon::web
