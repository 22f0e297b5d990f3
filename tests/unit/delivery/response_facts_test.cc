// What programs are told of a response.
#include "carillon/delivery/response_facts.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace carillon::delivery {
namespace {

using std::chrono::seconds;

constexpr std::string_view kUrl = "https://user:word@a.example:8443/in?key=1";

http::Response Answered(uint16_t status, const std::string& fields = "") {
  http::Response response;
  response.status = status;
  response.head = "HTTP/1.1 " + std::to_string(status) + " x\r\n" + fields;
  return response;
}

std::string RedirectOf(const std::string& location, uint16_t status = 301) {
  return FactsOf(Answered(status, "Location: " + location + "\r\n"), kUrl, {}).redirect_url;
}

TEST(ResponseFacts, OfAnOrdinaryResponseThereAreNone) {
  EXPECT_TRUE(FactsOf(Answered(200), kUrl, {}).empty());
  EXPECT_TRUE(FactsOf(Answered(500, "Location: /v2\r\n"), kUrl, {}).empty());
}

TEST(ResponseFacts, WhatTheCourierFoundOutStays) {
  http::Response response = Answered(429);
  model::AttemptFacts facts;
  facts.bound = {model::Bound::kTotalTimeout, 100};
  response.facts = std::make_shared<const model::AttemptFacts>(facts);
  response.retry_after = "30";
  facts.retry_after = seconds(30);
  EXPECT_EQ(FactsOf(response, kUrl, {}), facts);
}

TEST(ResponseFacts, HowLongToWait) {
  http::Response response = Answered(503);
  const base::WallTime now = base::FromUnixNanos(1'800'000'000'000'000'000);
  response.retry_after = "Fri, 15 Jan 2027 08:01:40 GMT";
  EXPECT_EQ(FactsOf(response, kUrl, now).retry_after, seconds(100));
  response.retry_after = "soon";
  EXPECT_FALSE(FactsOf(response, kUrl, now).retry_after);
}

TEST(ResponseFacts, WhereARedirectLeads) {
  EXPECT_EQ(RedirectOf("https://b.example/hooks?x=1"), "https://b.example/hooks?x=1");
  EXPECT_EQ(RedirectOf("/v2/in", 308), "https://a.example:8443/v2/in");
  EXPECT_EQ(RedirectOf("//b.example/in"), "https://b.example/in");
  EXPECT_EQ(RedirectOf("/v2", 400), "");
  EXPECT_EQ(FactsOf(Answered(301), kUrl, {}).redirect_url, "");
}

TEST(ResponseFacts, ARedirectIsWholeOrLeftOut) {
  const std::string longest = "https://b.example/" + std::string(2048 - 18, 'x');
  EXPECT_EQ(RedirectOf(longest), longest);
  EXPECT_EQ(RedirectOf(longest + "x"), "");
  EXPECT_EQ(RedirectOf("https://b.example/\x01"), "");
  // The head was kept up to there.
  EXPECT_EQ(FactsOf(Answered(301, "Location: https://b.exam"), kUrl, {}).redirect_url, "");
}

}  // namespace
}  // namespace carillon::delivery
