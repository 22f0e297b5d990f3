// What checking a file says: without its secrets, and without repeating them.
#include "carillon/config/check.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include <cstdlib>

#include "carillon/v1/config.pb.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using testing::HasSubstr;
using testing::Not;

constexpr char kAbsent[] = R"(
proxy: {url: 'http://proxy.example:3128', basic: {user: u, password: {env: CARILLON_TEST_ABSENT}}}
destinations:
  - name: d
    url: https://h.example/
    keys:
      - {name: a, secret: {file: /no/such/key}}
      - {name: b, secret: {env: CARILLON_TEST_ABSENT}}
    signature: {header: X-Signature}
    authorization: {bearer: {token: {env: CARILLON_TEST_ABSENT}}}
    tls: {ca_bundle: {file: /no/such/ca}, client_certificate: {file: /no/such/cert}, client_key: {file: /no/such/key}}
)";

TEST(Check, NothingOfTheFileExpires) {
  EXPECT_EQ(Refusal(WithDestination("expire_time: '2030-01-01T00:00:00Z'")),
            "destinations[0].expire_time: is for destinations that are made by the API: take it "
            "out, and the destination when it is not needed any more");
}

TEST(Check, AFileIsCheckedWithoutItsSecrets) {
  const auto file = TestFolder() / "c.yaml";
  WriteText(file, kAbsent);
  const Checked skipped = CheckFile(file, Secrets::kSkip);
  EXPECT_TRUE(skipped.good) << skipped.text;
  EXPECT_THAT(skipped.text, HasSubstr(": good: 1 destination, 0 subscriptions, "));
  EXPECT_THAT(skipped.text,
              HasSubstr("not looked at (--no-secrets): 7 secrets, keys or certificates"));
  const Checked read = CheckFile(file, Secrets::kRead);
  EXPECT_FALSE(read.good);
  EXPECT_THAT(read.text,
              HasSubstr("keys[0].secret.file: cannot be opened: No such file or directory "
                        "(/no/such/key)"));
  EXPECT_THAT(read.text, HasSubstr("secret.env: names a variable that is not set: "
                                   "CARILLON_TEST_ABSENT"));
  EXPECT_THAT(read.text, HasSubstr("proxy.basic.password.env: names a variable"));
  EXPECT_THAT(read.text, HasSubstr("tls.ca_bundle.file: cannot be opened"));
}

TEST(Check, WhatStandsInTheFileIsCheckedAllTheSame) {
  for (const char* wrong :
       {"keys: [{name: k, secret: whsec_short}]", "keys: [{name: k}]",
        "keys: [{name: k, secret: {env: A, file: /b}}]",
        "keys: [{name: k, secret: {env: A}, expire_time: '2030-01-01T00:00:00Z'}]",
        "authorization: {bearer: {token: 'a b'}}"}) {
    EXPECT_FALSE(ParseConfig(WithDestination(wrong), Secrets::kSkip).ok()) << wrong;
  }
}

TEST(Check, ALineEndBehindAVariableIsNoPartOfIt) {
  ::setenv("CARILLON_TEST_LINE", (std::string(kSecret) + "\r\n").c_str(), 1);
  EXPECT_EQ(Refusal(WithDestination("keys: [{name: k, secret: {env: CARILLON_TEST_LINE}}]")), "");
  ::setenv("CARILLON_TEST_LINE", "token\n", 1);
  EXPECT_EQ(Refusal(WithDestination("authorization: {bearer: {token: {env: CARILLON_TEST_LINE}}}")),
            "");
  ::unsetenv("CARILLON_TEST_LINE");
}

/// Puts `value` where each member of the schema stands, and where none does.
void PutEverywhere(const Descriptor& type, const std::string& before, const std::string& after,
                   const std::string& value, int depth, std::vector<std::string>& out) {
  out.push_back(before + "{" + value + ": x}" + after);
  out.push_back(before + value + after);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string open = before + "{" + field.name() + ": " + (field.is_repeated() ? "[" : "");
    const std::string close = (field.is_repeated() ? "]}" : "}") + after;
    out.push_back(open + value + close);
    if (field.message_type() != nullptr && depth < 4) {
      PutEverywhere(*field.message_type(), open, close, value, depth + 1, out);
    }
  }
}

TEST(Check, NoErrorRepeatsASecretInTheWrongPlace) {
  const std::string secret = "S3cr3t/pAss+w0rd";
  std::vector<std::string> files;
  for (const std::string& value :
       std::vector<std::string>{secret, "'" + secret + "\\x07'", "'http://" + secret + "@h:1/x'",
                                "['" + secret + "']"}) {
    PutEverywhere(*v1::Config::descriptor(), "", "", value, 0, files);
  }
  EXPECT_GT(files.size(), 500u);
  size_t refused = 0;
  for (const std::string& yaml : files) {
    const auto config = ParseConfig(yaml);
    if (config.ok()) continue;
    ++refused;
    EXPECT_THAT(std::string(config.status().message()), Not(HasSubstr("S3cr3t"))) << yaml;
  }
  EXPECT_GT(refused, 400u);
  for (const char* yaml : {"proxy: {hunter2: x}", "proxy: {url: 'http://u:hunter2@h:1'}",
                           "destinations: [{headers: [{hunter2: x}]}]",
                           "destinations: [{headers: [{name: a, value: \"hunter2\\n\"}]}]",
                           "destinations: [{keys: [{name: k, secret: {env: hunter2}}]}]",
                           "destinations: [{keys: [{name: k, secret: {file: hunter2}}]}]"}) {
    EXPECT_THAT(Refusal(yaml), Not(HasSubstr("hunter2"))) << yaml;
    EXPECT_NE(Refusal(yaml), "") << yaml;
  }
}

TEST(Check, NoErrorRepeatsWhatIsNoYaml) {
  for (const char* yaml : {"%YAML hunter2\n---\n{}",
                           "%YAML hunter2.1\n---\n{}",
                           "%YAML 1.hunter2\n---\n{}",
                           "%YAML hunter2 x\n---\n{}",
                           "%YAML 9.hunter2\n---\n{}",
                           "%TAG hunter2\n---\n{}",
                           "secret: *hunter2",
                           "secret: !hunter2 x",
                           "secret: !<hunter2 x",
                           "secret: &hunter2 &hunter2 x",
                           "secret: \"\\hunter2\"",
                           "secret: \"\\xhunter2\"",
                           "secret: \"\\U00hunter2\"",
                           "secret: 'hunter2",
                           "secret: \"hunter2",
                           "secret: @hunter2: x: y",
                           "secret: |hunter2\n x",
                           "secret: %hunter2: [",
                           "? hunter2: [\n",
                           "hunter2",
                           "[hunter2",
                           "{hunter2",
                           "- hunter2: }"}) {
    EXPECT_NE(Refusal(yaml), "") << yaml;
    EXPECT_THAT(Refusal(yaml), Not(HasSubstr("hunter2"))) << yaml;
  }
  // One character of it, or its number, is a part of it.
  EXPECT_EQ(Refusal("secret: \"a\\qb\""), "(file): line 1, column 13: unknown escape character");
  EXPECT_EQ(Refusal("secret: \"\\uDC41\""), "(file): line 1, column 16: invalid unicode");
}

std::string Text(const std::string& yaml) {
  const Config config = Parsed(WithFilter("{payload: a, equals: " + yaml + "}"));
  return std::get<std::string>(config.subscriptions.at(0).filter.values.at(0));
}

TEST(Escapes, OneBehindAnEscapedBackslashIsHalfAPair) {
  EXPECT_NE(Refusal(WithFilter(R"({payload: a, equals: "\\uD83D\uDE00"})")), "");
}

TEST(Escapes, AreThoseOfYamlAndSurrogatePairs) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("\N")", "\xC2\x85"},
      {R"("\_")", "\xC2\xA0"},
      {R"("é\N\_x\N")", "é\xC2\x85\xC2\xA0x\xC2\x85"},
      {R"("\L\P")", "\u2028\u2029"},
      {R"("\e\a\t\x41\u00e9\U0001F600\/")", "\x1B\a\tAé😀/"},
      {R"("\x85\xA0")", "\xC2\x85\xC2\xA0"},
      {R"("\uD83D\uDE00")", "😀"},
      {R"("\u0041\u0042")", "AB"},
      {R"("é \ud83d\ude00\uD83D\uDE00!")", "é 😀😀!"},
      {R"(&x "\uD83D\uDE00")", "😀"},
      {R"('\uD83D\uDE00')", "\\uD83D\\uDE00"},
      {R"(x\uD83D\uDE00)", "x\\uD83D\\uDE00"},
      {R"("\\uD83D\\uDE00")", "\\uD83D\\uDE00"},
      {R"("\"\uD83D\uDE00" # "\uD83D\uDE00")", "\"😀"}};
  for (const auto& [yaml, text] : cases) {
    const std::string block = std::string(yaml) + "\n";
    const Config config = Parsed(WithDestination("") +
                                 "subscriptions:\n- name: s\n  types: ['*']\n  destinations: [d]\n"
                                 "  filter:\n    payload: 'ü\\uD83D\\uDE00'\n    equals: " +
                                 block);
    EXPECT_EQ(config.subscriptions.at(0).filter.values.at(0), model::Scalar(std::string(text)))
        << yaml;
    EXPECT_EQ(config.subscriptions.at(0).filter.path.at(0), "ü\\uD83D\\uDE00") << yaml;
  }
  EXPECT_EQ(Text(R"("\uD83D\uDE00")"), "😀");
  EXPECT_NE(Refusal(WithFilter(R"({payload: a, equals: "\uD83D"})")), "");
  EXPECT_NE(Refusal(WithFilter(R"({payload: a, equals: "\uDE00\uD83D"})")), "");
}

TEST(Escapes, HeaderValuesHoldNoControlCharacters) {
  for (const char* value :
       {R"("a\N")", R"("\x9f")", R"("a\0b")", R"("a\x7f")", R"("a\nb")", R"("\e")"}) {
    EXPECT_NE(Refusal(WithDestination(std::string("headers: [{name: a, value: ") + value + "}]")),
              "")
        << value;
  }
  const Config config =
      Parsed(WithDestination(R"(headers: [{name: a, value: "x\_é\uD83D\uDE00"}])"));
  EXPECT_EQ(config.destinations.at(0).headers.at(0).value.Reveal(), "x\xC2\xA0é😀");
}

TEST(Escapes, NoNulInNamesOfFilesAndVariables) {
  EXPECT_NE(Refusal(R"(journal: {data_dir: "/tmp/a\0b"})"), "");
  EXPECT_THAT(Refusal(WithDestination(R"(keys: [{name: k, secret: {file: "/etc/x\0y"}}])")),
              HasSubstr("must not hold the character NUL"));
  EXPECT_EQ(Text(R"("a\0b")"), std::string("a\0b", 3));
}

}  // namespace
}  // namespace carillon::config
