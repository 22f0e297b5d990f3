#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "carillon/signing/signer.h"

namespace carillon::signing {
namespace {

using testing::HasSubstr;

constexpr char kText[] = "It's a Secret to Everybody";  // GitHub's documented example
constexpr char kAnswer[] = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

model::SigningKey TextKey(std::string_view text) { return {"k", base::Secret(std::string(text))}; }

std::string SignCustom(const model::HmacSignature& signature,
                       const std::vector<model::SigningKey>& keys,
                       int64_t timestamp = 1'700'000'000, std::string_view body = "Hello, World!") {
  std::string out;
  Signer::CreateCustom(signature, keys)->Sign("msg-1", timestamp, body, out);
  return out;
}

TEST(CustomSigner, KnownAnswerOfAnotherService) {
  const model::HmacSignature signature = {
      .header = "X-Hub-Signature-256", .prefix = "sha256=", .content = "{body}"};
  EXPECT_EQ(SignCustom(signature, {TextKey(kText)}), std::string("sha256=") + kAnswer);
}

TEST(CustomSigner, SignsIdTimestampAndWhatStandsAroundTheBody) {
  const model::HmacSignature signature = {.header = "X-S",
                                          .algorithm = model::HashAlgorithm::kSha512,
                                          .encoding = model::DigestEncoding::kBase64,
                                          .content = "{id}:{timestamp}:{body};"};
  // By another implementation of HMAC-SHA512.
  EXPECT_EQ(SignCustom(signature, {TextKey(kText)}),
            "g6xL9G1r8iQ3kLr/lXodNW5SFhRTkv6Z84lEyvC7AQ37i6rbzmXVGQQwBAPxOeAZKjHTFuL9MFkR4KnQBudfqQ"
            "==");
}

TEST(CustomSigner, ByDefaultSignsWhatStandardWebhooksSign) {
  const auto key = TextKey(kText);
  const model::HmacSignature signature = {.header = "X-S",
                                          .encoding = model::DigestEncoding::kBase64};
  std::string standard;
  Signer::Create({&key, 1})->Sign("msg-1", 1'700'000'000, "Hello, World!", standard);
  EXPECT_EQ("v1," + SignCustom(signature, {key}), standard);
}

TEST(CustomSigner, EveryValidHmacKeySignsInOrder) {
  const model::HmacSignature signature = {.header = "X-S", .prefix = "p=", .content = "{body}"};
  const auto first = TextKey(kText);
  auto second = TextKey("another secret of 26 bytes");
  second.expires_at = base::FromUnixNanos(2'000'000'000);  // second 2
  model::SigningKey ed25519 = TextKey(std::string(64, 's'));
  ed25519.scheme = model::KeyScheme::kV1a;
  const std::string a = SignCustom(signature, {first});
  const std::string b = SignCustom(signature, {second}, 1);
  EXPECT_EQ(SignCustom(signature, {ed25519, second, first}, 1), b + "," + a);
  EXPECT_EQ(SignCustom(signature, {ed25519, second, first}, 2), a);
  EXPECT_EQ(SignCustom(signature, {ed25519}), "");
  const std::vector<model::SigningKey> none = {ed25519};
  EXPECT_TRUE(Signer::CreateCustom(signature, none)->empty());
}

TEST(CustomSigner, KeepsNoStateFromOneRequestToTheNext) {
  const std::vector<model::SigningKey> keys = {TextKey(kText)};
  const model::HmacSignature signature = {.header = "X-S", .content = "{id}{body}{timestamp}"};
  const auto signer = Signer::CreateCustom(signature, keys);
  std::string first, other, again;
  signer->Sign("one", 1, "body", first);
  signer->Sign("another, longer", 2, "another body", other);
  signer->Sign("one", 1, "body", again);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST(CustomSigner, TemplateThatWasNotCheckedEndsTheProcess) {
  EXPECT_DEATH(SignCustom({.header = "X-S", .content = "{id}"}, {TextKey(kText)}), "not checked");
}

TEST(CheckTemplate, TakesThreeNamesAndNoOtherBraces) {
  for (const std::string& text :
       {std::string("{body}"), std::string("v0:{timestamp}:{body}"),
        std::string("{id}{id}{timestamp}{body}{id}"), "{body}" + std::string(250, 'x')}) {
    EXPECT_TRUE(CheckTemplate(text).ok()) << text;
  }
  for (const char* text : {"", "x", "{id}.{timestamp}", "{body}{body}"}) {
    EXPECT_EQ(CheckTemplate(text).message(), "must hold {body} once") << text;
  }
  for (const char* text : {"{Body}", "{body}{", "}{body}", "{body}}", "{{body}}", "{ body }", "{}",
                           "{body}{url}", "{id{body}"}) {
    EXPECT_THAT(std::string(CheckTemplate(text).message()), HasSubstr("no other braces")) << text;
  }
  EXPECT_EQ(CheckTemplate("{body}" + std::string(251, 'x')).message(), "must be at most 256 bytes");
}

}  // namespace
}  // namespace carillon::signing
