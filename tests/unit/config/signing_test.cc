// How long keys sign, and signatures in headers of the destination's choice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::StartsWith;

// The key of tests/contracts/standard-webhooks.json.
constexpr char kEd25519[] =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";

std::string Key(const std::string& name, const std::string& secret, const std::string& end = "") {
  return "{name: " + name + ", secret: '" + secret + "'" +
         (end.empty() ? "" : ", expire_time: " + end) + "}";
}

std::string WithKeys(const std::string& keys) { return WithDestination("keys: [" + keys + "]"); }

std::string WithSignature(const std::string& members, const std::string& others = "") {
  return WithDestination("keys: [" + Key("k", kSecret) + "], signature: {" + members + "}" +
                         others);
}

TEST(Keys, HaveASchemeAndAnEnd) {
  const auto config = Parsed(WithKeys(Key("new", kEd25519) + "," +
                                      Key("old", kSecret, "2027-01-31T13:00:00+01:00") + "," +
                                      Key("gone", kSecret, "'1970-01-01T00:00:00Z'")));
  const auto& keys = config.destinations.at(0).keys;
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0].scheme, model::KeyScheme::kV1a);
  EXPECT_EQ(keys[0].secret.Reveal().size(), 64u);
  EXPECT_FALSE(keys[0].expires_at.has_value());
  EXPECT_EQ(keys[1].scheme, model::KeyScheme::kV1);
  EXPECT_EQ(base::ToUnixSeconds(keys[1].expires_at.value()), 1'801'396'800);
  EXPECT_EQ(base::ToUnixSeconds(keys[2].expires_at.value()), 0);
}

TEST(Keys, OneHasNoEnd) {
  const char* error =
      "destinations[0].keys: needs a key without expire_time, so that requests "
      "never go unsigned";
  EXPECT_EQ(Refusal(WithKeys(Key("k", kSecret, "2027-01-31T12:00:00Z"))), error);
  EXPECT_EQ(Refusal(WithKeys("")), "");
}

TEST(Keys, WhoWantsNoneSaysSo) {
  EXPECT_FALSE(Parsed(WithDestination("")).destinations.at(0).unsigned_requests);
  EXPECT_TRUE(
      Parsed(WithDestination("unsigned_requests: true")).destinations.at(0).unsigned_requests);
  EXPECT_EQ(Refusal(WithDestination("unsigned_requests: true, keys: [" + Key("k", kSecret) + "]")),
            "destinations[0].unsigned_requests: must be false where there are keys");
}

TEST(Keys, EndsAreTimes) {
  const auto refusal = [](const std::string& end) {
    return Refusal(WithKeys(Key("k", kSecret) + "," + Key("l", kSecret, end)));
  };
  const std::string place = "destinations[0].keys[1].expire_time: ";
  EXPECT_EQ(refusal("2261-12-31T23:59:59Z"), "");
  for (const char* end :
       {"2262-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2027-01-31T12:00:00.5Z"}) {
    EXPECT_EQ(refusal(end), place + "must be in whole seconds and in the years 1970 to 2261")
        << end;
  }
  for (const char* end : {"2027-01-31", "2027-02-30T12:00:00Z", "2027-01-31T12:00:00", "tomorrow",
                          "[1]", "1801396800", "''"}) {
    EXPECT_THAT(refusal(end), StartsWith(place + "must be a time such as")) << end;
  }
}

TEST(Signature, DefaultsAndMembersAreKept) {
  const auto plain = Parsed(WithSignature("header: X-S"));
  EXPECT_EQ(plain.destinations.at(0).signature, (model::HmacSignature{.header = "X-S"}));
  EXPECT_FALSE(Parsed(WithDestination("")).destinations.at(0).signature.has_value());
  const auto full =
      Parsed(WithSignature("header: X-S, algorithm: sha512, encoding: base64, prefix: 'v0= ', "
                           "template: 'v0:{timestamp}:{body}', webhook_signature: false"));
  EXPECT_EQ(full.destinations.at(0).signature,
            (model::HmacSignature{.header = "X-S",
                                  .algorithm = model::HashAlgorithm::kSha512,
                                  .encoding = model::DigestEncoding::kBase64,
                                  .prefix = "v0= ",
                                  .content = "v0:{timestamp}:{body}",
                                  .webhook_signature = false}));
  const auto same = Parsed(WithSignature("header: X-S, algorithm: sha256, encoding: hex"));
  EXPECT_EQ(same.destinations.at(0).signature, plain.destinations.at(0).signature);
}

TEST(Signature, MistakesAreToldWithTheirPlace) {
  const std::string long_prefix(65, 'p');
  const std::string prefix = "must be at most 64 printable ASCII characters";
  const std::pair<std::string, std::string> cases[] = {
      {"prefix: x", "header: must be 1-128 characters"},
      {"header: webhook-signature", "header: is a header that Carillon sets"},
      {"header: x-OWN", "header: is one of headers"},
      {"header: X-S, prefix: '" + long_prefix.substr(1) + "'", ""},
      {"header: X-S, prefix: '" + long_prefix + "'", "prefix: " + prefix},
      {"header: X-S, prefix: \"a\\r\\nb\"", "prefix: " + prefix},
      {"header: X-S, prefix: 'a,b'", "prefix: " + prefix},
      {"header: X-S, prefix: ' a'", "prefix: " + prefix},
      {"header: X-S, prefix: 'é'", "prefix: " + prefix},
      {"header: X-S, template: ''", "template: must hold {body} once"},
      {"header: X-S, template: '{id}'", "template: must hold {body} once"},
      {"header: X-S, template: '{body}{x}'", "template: may hold {id}, {timestamp} and {body}"},
      {"header: X-S, algorithm: md5", "algorithm: must be one of sha256, sha512"},
      {"header: X-S, encoding: HEX", "encoding: must be one of hex, base64"},
  };
  for (const auto& [members, error] : cases) {
    const std::string refusal =
        Refusal(WithSignature(members, ", headers: [{name: X-Own, value: v}]"));
    if (error.empty()) {
      EXPECT_EQ(refusal, "") << members;
    } else {
      EXPECT_THAT(refusal, StartsWith("destinations[0].signature." + error)) << members;
    }
  }
}

TEST(Signature, NeedsAnHmacKeyWithoutEnd) {
  const auto refusal = [](const std::string& keys, const std::string& more = "") {
    return Refusal(WithDestination("keys: [" + keys + "], signature: {header: X-S" + more + "}"));
  };
  const char* error = "destinations[0].signature: needs a whsec_ key without expire_time";
  EXPECT_EQ(refusal(""), error);
  EXPECT_EQ(refusal(Key("k", kEd25519)), error);
  EXPECT_EQ(refusal(Key("k", kEd25519) + "," + Key("l", kSecret, "2027-01-31T12:00:00Z")), error);
  EXPECT_EQ(refusal(Key("k", kEd25519) + "," + Key("l", kSecret)), "");
  EXPECT_EQ(refusal(Key("k", kSecret), ", webhook_signature: false"), "");
  EXPECT_EQ(
      refusal(Key("k", kEd25519) + "," + Key("l", kSecret), ", webhook_signature: false"),
      "destinations[0].signature.webhook_signature: must be true where there is a whsk_ key, which "
      "signs nothing else");
}

}  // namespace
}  // namespace carillon::config
