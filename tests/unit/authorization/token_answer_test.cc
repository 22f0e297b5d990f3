#include "token_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::authorization {
namespace {

using model::Outcome;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

TokenAnswer Read(std::string body, uint16_t status = 200) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return ReadTokenAnswer(response);
}

std::string With(const std::string& more) {
  return R"({"access_token":"tok","token_type":"Bearer")" + more + "}";
}

seconds LifetimeOf(const std::string& expires_in) {
  const TokenAnswer answer = Read(With(R"(,"expires_in":)" + expires_in));
  return answer.token ? answer.token->lifetime : seconds(-1);
}

TEST(TokenAnswer, AToken) {
  const TokenAnswer answer =
      Read(R"({"scope":"a","expires_in":3600,"token_type":"bEARER","access_token":"a.b-c~/+="})");
  ASSERT_TRUE(answer.token);
  EXPECT_EQ(answer.token->value.Reveal(), "a.b-c~/+=");
  EXPECT_EQ(answer.token->lifetime, seconds(3600));
  EXPECT_EQ(answer.outcome, Outcome::kSuccess);
  EXPECT_EQ(answer.error, "");
}

TEST(TokenAnswer, Lifetimes) {
  EXPECT_EQ(Read(With("")).token->lifetime, seconds(300));
  EXPECT_EQ(LifetimeOf("null"), seconds(300));
  EXPECT_EQ(LifetimeOf("1"), seconds(1));
  EXPECT_EQ(LifetimeOf("59.9"), seconds(59));
  EXPECT_EQ(LifetimeOf("\"3599\""), seconds(3599));
  EXPECT_EQ(LifetimeOf("86401"), seconds(86400));
  EXPECT_EQ(LifetimeOf("1e300"), seconds(86400));
  EXPECT_EQ(LifetimeOf("\"inf\""), seconds(86400));
  for (const char* wrong : {"0", "-1", "0.5", "\"soon\"", "\"nan\"", "true", "[]", "\"\""}) {
    EXPECT_EQ(LifetimeOf(wrong), seconds(-1)) << wrong;
    EXPECT_EQ(Read(With(R"(,"expires_in":)" + std::string(wrong))).outcome, Outcome::kProtocol);
  }
}

TEST(TokenAnswer, WhatIsNoToken) {
  const std::string typed = R"(,"token_type":"Bearer"})";
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("[1]"), std::string("{}"),
        std::string(R"({"access_token":"tok","token_type":7})"),
        std::string(R"({"access_token":"tok","token_type":""})"),
        std::string(R"({"access_token":"tok","token_type":"mac"})"), R"({"access_token":7)" + typed,
        R"({"access_token":"")" + typed, R"({"access_token":"a b")" + typed,
        R"({"access_token":"a\r\nX: y")" + typed, R"({"access_token":"ä")" + typed,
        R"({"access_token":")" + std::string(8193, 't') + "\"" + typed, With("").substr(0, 30)}) {
    const TokenAnswer answer = Read(body);
    EXPECT_FALSE(answer.token) << body;
    EXPECT_EQ(answer.outcome, Outcome::kProtocol) << body;
    EXPECT_THAT(answer.error, HasSubstr("no token: the token server's answer "));
    EXPECT_THAT(answer.error, Not(HasSubstr("tok\"")));
  }
  EXPECT_TRUE(Read(R"({"access_token":")" + std::string(8192, 't') + "\"" + typed).token);
}

TEST(TokenAnswer, ATypeThatIsLeftOutIsBearer) {
  for (const char* body :
       {R"({"access_token":"tok"})", R"({"access_token":"tok","token_type":null})"}) {
    const TokenAnswer answer = Read(body);
    ASSERT_TRUE(answer.token) << body;
    EXPECT_EQ(answer.token->value.Reveal(), "tok");
  }
}

// What else a server says can't make its token unreadable.
TEST(TokenAnswer, IsReadAsPayloadsAre) {
  EXPECT_TRUE(Read(With(R"(,"x":1e400,"x":-1e-400)")).token);
  EXPECT_EQ(LifetimeOf("1e400"), seconds(86400));
  EXPECT_EQ(Read(R"({"access_token":"a","\u0061ccess_token":"\u0062"})").token->value.Reveal(),
            "b");
}

TEST(TokenAnswer, Refusals) {
  const TokenAnswer answer = Read(R"({"error":"invalid_client"})", 401);
  EXPECT_EQ(answer.outcome, Outcome::kHttp4xx);
  EXPECT_EQ(answer.error, "no token: the token server answered 401 (invalid_client)");
  // What the server makes up is not repeated.
  EXPECT_EQ(Read(R"({"error":"your secret is hunter2"})", 400).error,
            "no token: the token server answered 400");
  EXPECT_EQ(Read(With(""), 302).outcome, Outcome::kHttp3xx);
  EXPECT_EQ(Read("", 429).outcome, Outcome::kHttp429);
  EXPECT_EQ(Read("not JSON", 503).outcome, Outcome::kHttp5xx);
}

TEST(TokenAnswer, NoAnswer) {
  http::Response response;
  response.wire = Outcome::kConnectRefused;
  response.error = "cannot connect";
  const TokenAnswer answer = ReadTokenAnswer(response);
  EXPECT_FALSE(answer.token);
  EXPECT_EQ(answer.outcome, Outcome::kConnectRefused);
  EXPECT_EQ(answer.error, "no token: cannot connect");
}

}  // namespace
}  // namespace carillon::authorization
