#include "carillon/signing/signer.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace carillon::signing {
namespace {

model::SigningKey Key(char fill, size_t n = 32) {
  return {"k", base::Secret(std::string(n, fill))};
}

std::string SignWith(std::vector<model::SigningKey> keys, std::string_view id, int64_t timestamp,
                     std::string_view body) {
  std::string out;
  Signer::Create(keys)->Sign(id, timestamp, body, out);
  return out;
}

/// The definition, by OpenSSL's one-shot HMAC.
std::string Reference(const base::Secret& key, const std::string& content) {
  uint8_t mac[32];
  HMAC(EVP_sha256(), key.Reveal().data(), static_cast<int>(key.Reveal().size()),
       reinterpret_cast<const uint8_t*>(content.data()), content.size(), mac, nullptr);
  uint8_t text[45];
  EVP_EncodeBlock(text, mac, 32);
  return "v1," + std::string(reinterpret_cast<char*>(text));
}

TEST(Signer, KnownAnswersOfStandardWebhooks) {
  std::ifstream file(CARILLON_CONTRACTS_DIR "/standard-webhooks.json");
  const auto contract = nlohmann::json::parse(file);
  int seen = 0;
  for (const auto& answer : contract.at("known_answers")) {
    const auto signature = answer.at("signature").get<std::string>();
    ++seen;
    const auto secret = ParseAnySecret(answer.at("secret").get<std::string>());
    ASSERT_TRUE(secret.ok());
    const auto id = answer.at("id").get<std::string>();
    const auto timestamp = answer.at("timestamp").get<int64_t>();
    const auto body = answer.at("body").get<std::string>();
    EXPECT_EQ(SignWith({{"k", secret->bytes, secret->scheme}}, id, timestamp, body), signature);
    if (secret->scheme == model::KeyScheme::kV1a) continue;
    EXPECT_TRUE(Verify(secret->bytes, id, std::to_string(timestamp), body, signature));
  }
  EXPECT_EQ(seen, 3);
}

TEST(Signer, AgreesWithTheDefinitionForEveryKeyLengthAndManyBodies) {
  for (size_t n = 24; n <= 70; ++n) {
    const auto key = Key(static_cast<char>(n), n);
    for (size_t size : {0, 1, 54, 55, 56, 63, 64, 65, 150, 5000}) {
      const std::string body(size, static_cast<char>(size));
      EXPECT_EQ(SignWith({key}, "id", 17, body), Reference(key.secret, "id.17." + body));
    }
  }
}

TEST(Signer, KeepsNoStateFromOneRequestToTheNext) {
  const std::vector<model::SigningKey> keys = {Key('a'), Key('b')};
  const auto signer = Signer::Create(keys);
  std::string first, other, again;
  signer->Sign("one", 1, "body", first);
  signer->Sign("another, longer", 2, "another body", other);
  signer->Sign("one", 1, "body", again);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST(Signer, SignsWithEveryKeyInOrderAndAppends) {
  const std::vector<model::SigningKey> keys = {Key('a'), Key('b')};
  std::string out = "webhook-signature: ";
  Signer::Create(keys)->Sign("id", -5, "x", out);
  EXPECT_EQ(out, "webhook-signature: " + Reference(keys[0].secret, "id.-5.x") + " " +
                     Reference(keys[1].secret, "id.-5.x"));
  for (const auto& key : keys) {
    EXPECT_TRUE(Verify(key.secret, "id", "-5", "x", out.substr(19)));
  }
}

TEST(Signer, KeysOfBothSchemesSignSideBySide) {
  auto ed25519 = Key('s', 64);
  ed25519.scheme = model::KeyScheme::kV1a;
  const std::string v1a = SignWith({ed25519}, "id", 1, "x");
  EXPECT_THAT(v1a, testing::StartsWith("v1a,"));
  EXPECT_EQ(v1a.size(), 4u + 88);
  EXPECT_EQ(SignWith({Key('a'), ed25519}, "id", 1, "x"),
            SignWith({Key('a')}, "id", 1, "x") + " " + v1a);
  EXPECT_NE(SignWith({ed25519}, "id", 1, "y"), v1a);
}

TEST(Signer, AKeyPastItsEndDoesNotSign) {
  auto old = Key('a');
  old.expires_at = base::FromUnixNanos(1'700'000'000'000'000'000);
  const std::string both = SignWith({Key('b'), old}, "id", 1'699'999'999, "x");
  EXPECT_EQ(both, SignWith({Key('b')}, "id", 1'699'999'999, "x") + " " +
                      SignWith({Key('a')}, "id", 1'699'999'999, "x"));
  const std::string one = SignWith({Key('b')}, "id", 1'700'000'000, "x");
  EXPECT_EQ(SignWith({Key('b'), old}, "id", 1'700'000'000, "x"), one);
  EXPECT_EQ(SignWith({old, Key('b')}, "id", 1'700'000'000, "x"), one);
}

TEST(Signer, WithoutKeysAppendsNothing) {
  const auto signer = Signer::Create({});
  EXPECT_TRUE(signer->empty());
  std::string out = "=";
  signer->Sign("id", 1, "x", out);
  EXPECT_EQ(out, "=");
  const std::vector<model::SigningKey> keys = {Key('a')};
  EXPECT_FALSE(Signer::Create(keys)->empty());
}

TEST(Verify, RefusesWhenAnythingDiffers) {
  const auto key = Key('a').secret;
  const std::string good = SignWith({Key('a')}, "id", 1, "body");
  ASSERT_TRUE(Verify(key, "id", "1", "body", good));
  EXPECT_FALSE(Verify(Key('b').secret, "id", "1", "body", good));
  EXPECT_FALSE(Verify(key, "ie", "1", "body", good));
  EXPECT_FALSE(Verify(key, "id", "2", "body", good));
  EXPECT_FALSE(Verify(key, "id", "1", "bodz", good));
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(Verify(key, "id", "1", "body", bad)) << i;
    EXPECT_FALSE(Verify(key, "id", "1", "body", good.substr(0, i))) << i;
  }
  EXPECT_FALSE(Verify(key, "id", "1", "body", good + "A"));
}

TEST(Verify, ReadsListsAndPassesOverUnknownVersions) {
  const auto key = Key('a').secret;
  const std::string good = SignWith({Key('a')}, "id", 1, "body");
  const std::string other = SignWith({Key('b')}, "id", 1, "body");
  EXPECT_TRUE(Verify(key, "id", "1", "body", other + " " + good));
  EXPECT_TRUE(Verify(key, "id", "1", "body", good + " " + other));
  EXPECT_TRUE(Verify(key, "id", "1", "body", "v1a,AAAA v2  junk " + good + " "));
  EXPECT_FALSE(Verify(key, "id", "1", "body", "v2," + good.substr(3)));
  EXPECT_FALSE(Verify(key, "id", "1", "body", good.substr(3)));
  EXPECT_FALSE(Verify(key, "id", "1", "body", ""));
}

}  // namespace
}  // namespace carillon::signing
