#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <string>

#include "carillon/signing/signer.h"

namespace carillon::signing {
namespace {

std::string Base64(const std::string& bytes) {
  std::string out(bytes.size() / 3 * 4 + 5, '\0');
  out.resize(static_cast<size_t>(EVP_EncodeBlock(reinterpret_cast<uint8_t*>(out.data()),
                                                 reinterpret_cast<const uint8_t*>(bytes.data()),
                                                 static_cast<int>(bytes.size()))));
  return out;
}

std::string Bytes(size_t n) {
  std::string out(n, '\0');
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<char>(i * 37 + 251);
  return out;
}

TEST(ParseSecret, TakesEveryLengthPaddedOrNot) {
  for (size_t n = 24; n <= 64; ++n) {
    const std::string bytes = Bytes(n);
    std::string text = "whsec_" + Base64(bytes);
    const auto padded = ParseSecret(text);
    ASSERT_TRUE(padded.ok()) << n;
    EXPECT_EQ(padded->Reveal(), bytes);
    while (text.back() == '=') text.pop_back();
    const auto bare = ParseSecret(text);
    ASSERT_TRUE(bare.ok()) << n;
    EXPECT_EQ(bare->Reveal(), bytes);
  }
}

TEST(ParseSecret, RefusesOtherLengths) {
  for (size_t n : {0, 1, 23, 65, 66, 67, 100, 100'000}) {
    const auto secret = ParseSecret("whsec_" + Base64(Bytes(n)));
    ASSERT_FALSE(secret.ok()) << n;
    EXPECT_EQ(secret.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(secret.status().message(),
              "a signing secret must be 24 to 64 bytes after base64 decoding");
  }
}

TEST(ParseSecret, RefusesWhatIsNotBase64) {
  const std::string good = Base64(Bytes(25));  // ends in ==
  for (const std::string& text :
       {good.substr(0, good.size() - 1), good + "=", good + "====", "=" + good, good + "\n",
        good.substr(0, 33), "-" + good.substr(1), "_" + good.substr(1), " " + good.substr(1),
        good.substr(0, 10) + "=" + good.substr(11), std::string("\0", 1) + good.substr(1)}) {
    const auto secret = ParseSecret("whsec_" + text);
    ASSERT_FALSE(secret.ok()) << text;
    EXPECT_EQ(secret.status().message(), "a signing secret must be 'whsec_' and standard base64");
  }
}

TEST(ParseSecret, AsksForThePrefixAndRepeatsNothing) {
  for (const std::string& text : {Base64(Bytes(32)), "whsk_" + Base64(Bytes(32)), std::string(),
                                  "WHSEC_" + Base64(Bytes(32))}) {
    const auto secret = ParseSecret(text);
    ASSERT_FALSE(secret.ok());
    EXPECT_EQ(secret.status().message(), "a signing secret must begin with 'whsec_'");
  }
}

TEST(ParseAnySecret, TakesBothSchemes) {
  const auto v1 = ParseAnySecret("whsec_" + Base64(Bytes(32)));
  ASSERT_TRUE(v1.ok());
  EXPECT_EQ(v1->scheme, model::KeyScheme::kV1);
  EXPECT_EQ(v1->bytes.Reveal(), Bytes(32));
  const std::string pair =  // the key of the contract
      "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg";
  for (const char* padding : {"", "=="}) {
    const auto v1a = ParseAnySecret("whsk_" + pair + padding);
    ASSERT_TRUE(v1a.ok());
    EXPECT_EQ(v1a->scheme, model::KeyScheme::kV1a);
    EXPECT_EQ(Base64(std::string(v1a->bytes.Reveal())), pair + "==");
  }
  std::string other = pair;
  other[60] = other[60] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ParseAnySecret("whsk_" + other).status().message(),
            "the public half of an ed25519 secret must belong to its seed");
}

TEST(ParseAnySecret, SaysWhatIsWrong) {
  for (size_t n : {0, 32, 63, 65, 66}) {
    EXPECT_EQ(ParseAnySecret("whsk_" + Base64(Bytes(n))).status().message(),
              "an ed25519 secret must be 64 bytes after base64 decoding");
  }
  EXPECT_EQ(ParseAnySecret("whsk_!").status().message(),
            "an ed25519 secret must be 'whsk_' and standard base64");
  EXPECT_EQ(ParseAnySecret("whsec_" + Base64(Bytes(23))).status().message(),
            "a signing secret must be 24 to 64 bytes after base64 decoding");
  EXPECT_EQ(ParseAnySecret("whpk_" + Base64(Bytes(32))).status().message(),
            "a signing secret must begin with 'whsec_' or 'whsk_'");
}

}  // namespace
}  // namespace carillon::signing
