// Where keys come from, and that no error repeats one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "carillon/signing/signer.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kBody[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string WithKeyList(const std::string& keys) { return WithDestination("keys: [" + keys + "]"); }

model::SigningKey KeyOf(const std::string& members) {
  const Config config = Parsed(WithKeyList("{name: k, " + members + "}"));
  if (config.destinations.empty() || config.destinations[0].keys.empty()) return {};
  return config.destinations[0].keys[0];
}

TEST(Secrets, ComeFromTheTextAFileOrAVariable) {
  const base::Secret expected = *signing::ParseSecret(kSecret);
  EXPECT_TRUE(KeyOf(std::string("secret: ") + kSecret).secret == expected);
  EXPECT_EQ(KeyOf(std::string("secret: ") + kSecret).name, "k");

  const auto file = TestFolder() / "key";
  for (const char* end : {"", "\n", "\r\n", "\n\n"}) {
    WriteText(file, std::string(kSecret) + end);
    EXPECT_TRUE(KeyOf("secret: {file: " + file.string() + "}").secret == expected);
  }
  ::setenv("CARILLON_TEST_KEY", kSecret, 1);
  EXPECT_TRUE(KeyOf("secret: {env: CARILLON_TEST_KEY}").secret == expected);
  ::unsetenv("CARILLON_TEST_KEY");
}

TEST(Secrets, AMappingSaysTheSameAsAText) {
  const base::Secret expected = *signing::ParseSecret(kSecret);
  EXPECT_TRUE(KeyOf(std::string("secret: {value: ") + kSecret + "}").secret == expected);
  EXPECT_THAT(Refusal(WithKeyList("{name: k, secret: [x]}")),
              StartsWith("destinations[0].keys[0].secret: must be a"));
}

TEST(Secrets, WhatOnlyAnswersHaveIsToBeDeleted) {
  const std::string secret = std::string("{name: k, secret: {value: ") + kSecret;
  for (const char* member : {"set: true", "lastCharacters: LaSw", "update_time: 2027-01-01"}) {
    EXPECT_THAT(Refusal(WithKeyList(secret + ", " + member + "}}")),
                HasSubstr(": stands in answers only; delete it here"))
        << member;
  }
  EXPECT_EQ(Refusal(WithKeyList(secret + ", set: true}}")),
            "destinations[0].keys[0].secret.set: stands in answers only; delete it here");
}

TEST(Secrets, ExactlyOneSource) {
  const char* error = "destinations[0].keys[0].secret: needs exactly one of value, file, env";
  EXPECT_EQ(Refusal(WithKeyList("{name: k}")), error);
  for (const char* none : {"''", "{}", "{value: ''}", "{file: ''}", "{env: ''}", "{env: }"}) {
    EXPECT_EQ(Refusal(WithKeyList(std::string("{name: k, secret: ") + none + "}")), error) << none;
  }
  EXPECT_EQ(
      Refusal(WithKeyList(std::string("{name: k, secret: {env: X, value: ") + kSecret + "}}")),
      "destinations[0].keys[0].secret: must have at most one of value, file, env");
}

TEST(Secrets, SourcesThatCannotBeRead) {
  const auto folder = TestFolder();
  const auto refusal = [&](const std::string& path) {
    return Refusal(WithKeyList("{name: k, secret: {file: '" + path + "'}}"));
  };
  const std::string place = "destinations[0].keys[0].secret.file: ";
  EXPECT_THAT(refusal(folder / "none"), StartsWith(place + "cannot be opened"));
  EXPECT_THAT(refusal(folder), StartsWith(place + "is not a regular file"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(folder / "pipe"), StartsWith(place + "is not a regular file"));
  WriteText(folder / "large", std::string(kSecret) + std::string(4096, '\n'));
  EXPECT_THAT(refusal(folder / "large"), StartsWith(place + "is larger than 4096 bytes"));
  WriteText(folder / "full", kSecret + std::string(4096 - sizeof(kSecret) + 1, '\n'));
  EXPECT_EQ(refusal(folder / "full"), "");
  WriteText(folder / "empty", "");
  EXPECT_THAT(refusal(folder / "empty"), StartsWith(place));
  ::unsetenv("CARILLON_TEST_UNSET");
  EXPECT_EQ(
      Refusal(WithKeyList("{name: k, secret: {env: CARILLON_TEST_UNSET}}")),
      "destinations[0].keys[0].secret.env: names a variable that is not set: CARILLON_TEST_UNSET");
}

TEST(Secrets, KeyNamesAndNumbers) {
  const std::string secret = std::string(", secret: ") + kSecret + "}";
  EXPECT_THAT(Refusal(WithKeyList("{name: k" + secret + ", {name: k" + secret)),
              StartsWith("destinations[0].keys[1].name: is the name of another key"));
  EXPECT_THAT(Refusal(WithKeyList("{name: K" + secret)),
              StartsWith("destinations[0].keys[0].name: must be 1-63"));
  EXPECT_THAT(Refusal(WithKeyList("{name: " + std::string(64, 'k') + secret)),
              StartsWith("destinations[0].keys[0].name: must be 1-63"));
  EXPECT_EQ(Refusal(WithKeyList("{name: " + std::string(63, 'k') + secret)), "");
  std::string keys = "{name: k0" + secret;
  for (int i = 1; i < 8; ++i) keys += ", {name: k" + std::to_string(i) + secret;
  EXPECT_EQ(Refusal(WithKeyList(keys)), "");
  EXPECT_EQ(Refusal(WithKeyList(keys + ", {name: k8" + secret)),
            "destinations[0].keys: must be at most 8");
}

TEST(Secrets, NoErrorRepeatsOne) {
  const std::string secret = kSecret;
  const std::string body = kBody;
  const auto file = TestFolder() / "key";
  WriteText(file, body);
  ::setenv("CARILLON_TEST_KEY", body.c_str(), 1);
  const std::string cases[] = {
      WithKeyList("{name: k, secret: " + body + "}"),
      WithKeyList("{name: k, secret: '" + secret + "!'}"),
      WithKeyList("{name: k, secret: [" + secret + "]}"),
      WithKeyList("{name: k, secret: {" + secret + ": x}}"),
      WithKeyList("{name: " + secret + "}"),
      WithKeyList("{name: k, secret: {value: " + body + "}}"),
      WithKeyList("{name: k, secret: {file: " + secret + "}}"),
      WithKeyList("{name: k, secret: {env: " + body + "}}"),
      WithKeyList("{name: k, secret: {file: " + file.string() + "}}"),
      WithKeyList("{name: k, secret: {env: CARILLON_TEST_KEY}}"),
      WithKeyList("{name: k, secret: {" + body + "}}"),
      WithKeyList("{name: k, " + secret + "}"),
      WithKeyList("{name: k, " + body + "}"),
      WithKeyList("{name: k, sekret " + body + "}"),
      WithKeyList(secret),
      WithDestination("keys: " + secret),
      WithDestination(secret + ": x"),
      WithDestination("format: " + secret),
      secret + ": x\n",
      WithKeyList("{name: k, secret: whsk_" + body + "}"),
      WithKeyList("{name: k, whsk_" + body + ": x}"),
      WithDestination("whsk_" + body + ": x"),
      WithDestination("signature: {header: " + secret + ", prefix: whsk_" + body + "}"),
      "destinations:\n- name: k\n  secret:" + secret + "\n  url: x\n",
  };
  for (const std::string& yaml : cases) {
    const std::string refusal = Refusal(yaml);
    EXPECT_NE(refusal, "") << yaml;
    EXPECT_THAT(refusal, Not(HasSubstr(body.substr(0, 6)))) << yaml;
  }
  ::unsetenv("CARILLON_TEST_KEY");
}

}  // namespace
}  // namespace carillon::config
