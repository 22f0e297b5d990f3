#include "carillon/signing/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "carillon/signing/signer.h"

namespace carillon::signing {
namespace {

using model::KeyScheme;

TEST(Generate, AnHmacSecretOf32Bytes) {
  const base::Secret secret = GenerateSecret(KeyScheme::kV1);
  const auto parsed = ParseAnySecret(secret.Reveal());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->scheme, KeyScheme::kV1);
  EXPECT_EQ(parsed->bytes.Reveal().size(), 32u);
  EXPECT_EQ(testing::PrintToString(secret), "***");
}

TEST(Generate, AnEd25519SeedWithItsPublicKey) {
  const auto parsed = ParseAnySecret(GenerateSecret(KeyScheme::kV1a).Reveal());
  ASSERT_TRUE(parsed.ok()) << parsed.status();  // which checks that the halves belong together
  EXPECT_EQ(parsed->scheme, KeyScheme::kV1a);
}

TEST(Generate, NoTwoAreAlikeAndNoByteStaysTheSame) {
  std::set<std::string> secrets;
  std::vector<std::set<char>> seen(32);
  for (int i = 0; i < 64; ++i) {
    const base::Secret secret = GenerateSecret(KeyScheme::kV1);
    EXPECT_TRUE(secrets.emplace(secret.Reveal()).second);
    const auto parsed = ParseAnySecret(secret.Reveal());
    for (size_t b = 0; b < seen.size(); ++b) seen[b].insert(parsed->bytes.Reveal()[b]);
  }
  for (const std::set<char>& values : seen) EXPECT_GT(values.size(), 8u);
}

}  // namespace
}  // namespace carillon::signing
