#include "gzip.h"

#include <gtest/gtest.h>

namespace carillon::connect {
namespace {

TEST(GzipTest, ThereAndBack) {
  for (const size_t size : {0u, 1u, 1000u, 65'536u, 1'000'000u}) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * i % 23);
    const std::string small = Gzip(text);
    ASSERT_EQ(small.substr(0, 2), "\x1f\x8b");
    const auto back = Gunzip(small, size);
    ASSERT_TRUE(back.ok()) << size << back.status();
    EXPECT_EQ(*back, text);
  }
}

TEST(GzipTest, ExpansionIsBounded) {
  const std::string bomb = Gzip(std::string(100u << 20, 'x'));
  ASSERT_LT(bomb.size(), 1u << 20);
  EXPECT_EQ(Gunzip(bomb, 8u << 20).status().code(), absl::StatusCode::kResourceExhausted);
  const std::string exact = Gzip(std::string(70'000, 'x'));
  EXPECT_TRUE(Gunzip(exact, 70'000).ok());
  EXPECT_EQ(Gunzip(exact, 69'999).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(GzipTest, WhatIsNoGzip) {
  const std::string good = Gzip("some text that is compressed");
  std::string altered = good;
  altered[altered.size() - 6] ^= 1;  // the checksum
  for (const std::string& bytes : {std::string(), std::string("{}"), good.substr(0, 12),
                                   good.substr(0, good.size() - 1), good + "x", altered}) {
    EXPECT_EQ(Gunzip(bytes, 1000).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(GzipTest, WhoTakesIt) {
  for (const char* const takes : {"gzip", "GZIP", "br, gzip", "deflate,gzip;q=0.5", "gzip;q=1.0",
                                  "gzip ; q=0.001", " gzip "}) {
    EXPECT_TRUE(TakesGzip(takes)) << takes;
  }
  for (const char* const takes :
       {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "identity", "*"}) {
    EXPECT_FALSE(TakesGzip(takes)) << takes;
  }
}

}  // namespace
}  // namespace carillon::connect
