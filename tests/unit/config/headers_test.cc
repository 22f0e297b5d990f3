// Headers that a destination adds: which are taken, and what is said of the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string WithHeaders(const std::string& headers) {
  return WithDestination("headers: [" + headers + "]");
}

std::string Header(const std::string& name, const std::string& value = "v") {
  return "{name: \"" + name + "\", value: \"" + value + "\"}";
}

TEST(Headers, AreKeptInOrder) {
  const Config config = Parsed(WithHeaders(Header("X-B", "two words, \\\"ü\\\"\\tend") + "," +
                                           Header("authorization", "Bearer t") + "," +
                                           Header("!#$%&'*+-.^_`|~9", "")));
  const auto& headers = config.destinations.at(0).headers;
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[0].name, "X-B");
  EXPECT_EQ(headers[0].value.Reveal(), "two words, \"ü\"\tend");
  EXPECT_EQ(headers[1].name, "authorization");
  EXPECT_EQ(headers[2].value.Reveal(), "");
  EXPECT_THAT(testing::PrintToString(headers[1].value), "***");
}

TEST(Headers, NamesAreTokens) {
  EXPECT_EQ(Refusal(WithHeaders(Header(std::string(128, 'x')))), "");
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:"), std::string("a\\r\\nb"),
        std::string("ä"), std::string("a\\0"), std::string("(a)"), std::string(129, 'x')}) {
    EXPECT_THAT(Refusal(WithHeaders(Header(name))),
                StartsWith("destinations[0].headers[0].name: must be 1-128 characters of"))
        << name;
  }
}

TEST(Headers, NoneThatTheProtocolOrTheSignatureOwns) {
  for (const char* name : {"host",
                           "Host",
                           "Content-Length",
                           "content-type",
                           "Content-Encoding",
                           "TRANSFER-ENCODING",
                           "Connection",
                           "Keep-Alive",
                           "TE",
                           "traceparent",
                           "TraceState",
                           "Trailer",
                           "Upgrade",
                           "Proxy-Authorization",
                           "proxy-connection",
                           "Expect",
                           "User-Agent",
                           "webhook-id",
                           "Webhook-Signature",
                           "webhook-anything",
                           "ce-id",
                           "CE-x"}) {
    EXPECT_EQ(Refusal(WithHeaders(Header("X-A") + "," + Header(name))),
              "destinations[0].headers[1].name: is a header that Carillon sets, or that belongs to "
              "the connection")
        << name;
  }
  EXPECT_EQ(Refusal(WithHeaders(Header("proxy") + "," + Header("te-x") + "," + Header("x-ce-a"))),
            "");
}

TEST(Headers, ValuesBreakNoLineAndAreNotRepeated) {
  for (const char* value : {"hush\\r\\nX-Evil: 1", "hush\\n", "hush\\r", "hush\\0", "hush\\x1b",
                            "hush\\x7f", " hush", "hush ", "\\thush", "hush\\t", " "}) {
    const std::string refusal = Refusal(WithHeaders(Header("X-A", value)));
    EXPECT_THAT(
        refusal,
        StartsWith("destinations[0].headers[0].value: must be UTF-8 without control characters"))
        << value;
    EXPECT_THAT(refusal, Not(HasSubstr("hush")));
  }
}

TEST(Headers, AValueMayStandInAFileOrAVariable) {
  const auto folder = TestFolder();
  WriteText(folder / "token", "Bearer hush\r\n\n");
  ::setenv("CARILLON_TEST_HEADER", "hush", 1);
  const std::string members = "{name: a, secret: {file: '" + (folder / "token").string() +
                              "'}}, {name: b, secret: {env: CARILLON_TEST_HEADER}}";
  std::vector<WatchedFile> files;
  const auto config = ParseConfig(WithHeaders(members), Secrets::kRead, {}, &files);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->destinations.at(0).headers.at(0).value.Reveal(), "Bearer hush");
  EXPECT_EQ(config->destinations.at(0).headers.at(1).value.Reveal(), "hush");
  EXPECT_TRUE(config->destinations.at(0).headers.at(1).secret);
  EXPECT_FALSE(Parsed(WithHeaders(Header("X-A"))).destinations.at(0).headers.at(0).secret);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, folder / "token");
  const auto unread = ParseConfig(WithHeaders(members), Secrets::kSkip);
  ASSERT_TRUE(unread.ok()) << unread.status();
  EXPECT_EQ(unread->skipped, 2u);
}

TEST(Headers, WhatAFileOrAVariableHoldsIsCheckedAndNotRepeated) {
  const auto folder = TestFolder();
  WriteText(folder / "lines", "hush\nhush: 1\n");
  WriteText(folder / "empty", "\n");
  WriteText(folder / "large", std::string(4097, 'x'));
  ::setenv("CARILLON_TEST_HEADER", " hush", 1);
  ::unsetenv("CARILLON_TEST_UNSET");
  const std::string at = "destinations[0].headers[0]";
  const auto file = [&](const char* name) {
    return "secret: {file: '" + (folder / name).string() + "'}";
  };
  for (const auto& [member, error] : std::vector<std::pair<std::string, std::string>>{
           {file("lines"), ".secret.file: must be UTF-8 without control characters"},
           {file("empty"), ".secret.file: leads to an empty value"},
           {file("large"), ".secret.file: is larger than 4096 bytes"},
           {file("none"), ".secret.file: "},
           {"secret: {env: CARILLON_TEST_HEADER}", ".secret.env: must be UTF-8"},
           {"secret: {env: CARILLON_TEST_UNSET}", ".secret.env: names a variable that is not set"},
           {"secret: 'hush '", ".secret.value: must be UTF-8"},
           {"secret: ''", ".secret: needs exactly one of value, file, env"},
           {"value: hush, secret: {env: CARILLON_TEST_HEADER}",
            ": must have at most one of value, secret"}}) {
    const std::string refusal = Refusal(WithHeaders("{name: a, " + member + "}"));
    EXPECT_THAT(refusal, StartsWith(at + error)) << member;
    EXPECT_THAT(refusal, Not(HasSubstr("hush")));
  }
  WriteText(folder / "long", std::string(4096, 'x'));
  EXPECT_EQ(
      Refusal(WithHeaders("{name: a, " + file("long") + "}, {name: b, " + file("long") + "}")),
      "destinations[0].headers: must be at most 8 KiB in all");
}

TEST(Headers, AreBoundedAndUnique) {
  EXPECT_EQ(Refusal(WithHeaders(Header("X-A") + "," + Header("x-a"))),
            "destinations[0].headers[1].name: is the name of another header of this destination");
  std::string many = Header("h0");
  for (int i = 1; i < 32; ++i) many += "," + Header("h" + std::to_string(i));
  EXPECT_EQ(Refusal(WithHeaders(many)), "");
  EXPECT_EQ(Refusal(WithHeaders(many + "," + Header("h32"))),
            "destinations[0].headers: must be at most 32");
  const std::string rest = "," + Header("b", std::string(4091, 'x'));
  EXPECT_EQ(Refusal(WithHeaders(Header("a", std::string(4091, 'x')) + rest)), "");
  EXPECT_EQ(Refusal(WithHeaders(Header("a", std::string(4092, 'x')) + rest)),
            "destinations[0].headers: must be at most 8 KiB in all");
}

}  // namespace
}  // namespace carillon::config
