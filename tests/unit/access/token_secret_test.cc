#include "carillon/access/token_secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace carillon::access {
namespace {

TEST(TokenSecret, NewOnesHaveTheFormAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const base::Secret token = NewToken();
    EXPECT_EQ(token.Reveal().size(), 47u);
    EXPECT_TRUE(token.Reveal().starts_with("car_"));
    EXPECT_TRUE(LooksLikeToken(token.Reveal())) << token.Reveal();
    EXPECT_TRUE(seen.insert(std::string(token.Reveal())).second);
  }
}

TEST(TokenSecret, TheFormIsExact) {
  const std::string letters(43, 'A');
  EXPECT_TRUE(LooksLikeToken("car_" + letters));
  EXPECT_FALSE(LooksLikeToken("car_" + letters + "A"));
  EXPECT_FALSE(LooksLikeToken("car_" + letters.substr(1)));
  EXPECT_FALSE(LooksLikeToken("CAR_" + letters));
  EXPECT_FALSE(LooksLikeToken("car_" + letters.substr(1) + "="));
  EXPECT_FALSE(LooksLikeToken(""));
}

TEST(TokenSecret, TheHashIsSha256) {
  // printf 'car_AAAA...' | sha256sum
  const auto hash = HashToken("car_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  ASSERT_TRUE(hash);
  std::string hex;
  for (const uint8_t byte : *hash) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  EXPECT_EQ(hex, "b47bcdafba296a8d09d44f8209242b5c48a5db529c0df3aca7a0dc14958afeb5");
  EXPECT_EQ(HashToken("car_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), hash) << "again";
  EXPECT_FALSE(HashToken("car_short"));
}

TEST(TokenSecret, HashesAreTheSameOrNot) {
  const auto a = *HashToken("car_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  auto b = a;
  EXPECT_TRUE(SameHash(a, b));
  b.back() ^= 1;
  EXPECT_FALSE(SameHash(a, b));
}

TEST(TokenSecret, BearerOfAHeader) {
  EXPECT_EQ(BearerOf("Bearer abc"), "abc");
  EXPECT_EQ(BearerOf("bearer  abc "), "abc");
  EXPECT_FALSE(BearerOf("Bearer "));
  EXPECT_FALSE(BearerOf("Bearer"));
  EXPECT_FALSE(BearerOf("Basic abc"));
  EXPECT_FALSE(BearerOf(""));
}

}  // namespace
}  // namespace carillon::access
