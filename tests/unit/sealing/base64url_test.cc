#include "carillon/sealing/base64url.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::sealing {
namespace {

TEST(Base64Url, GoesBothWays) {
  const struct {
    std::string bytes;
    const char* text;
  } cases[] = {{"", ""},        {"f", "Zg"},         {"fo", "Zm8"},
               {"foo", "Zm9v"}, {"\xfb\xff", "-_8"}, {std::string("\0\0\0", 3), "AAAA"}};
  for (const auto& c : cases) {
    EXPECT_EQ(ToBase64Url(c.bytes), c.text);
    EXPECT_EQ(FromBase64Url(c.text), c.bytes);
  }
}

TEST(Base64Url, IsStrict) {
  for (const char* text : {"Zg==", "Z", "Zh", "+/8", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v="}) {
    EXPECT_EQ(FromBase64Url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace carillon::sealing
