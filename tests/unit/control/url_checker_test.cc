#include "carillon/control/url_checker.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

/// Knows where hosts lead.
class KnownHosts final : public trial::Sender {
 public:
  void Send(trial::Trial, Done) override {}
  void LookUp(const std::string& host, const std::string& tenant, LookUpDone done) override {
    asked.push_back(tenant + " " + host);
    done(answer);
  }
  void Stop() override {}
  std::vector<std::string> asked;
  absl::StatusOr<std::vector<std::string>> answer = std::vector<std::string>{"203.0.113.9"};
};

class UrlCheckerTest : public ControlTest {
 protected:
  UrlCheckerTest() { hosts_.answer = std::vector<std::string>{"93.184.216.34"}; }
  absl::StatusOr<v1::CheckUrlResponse> Check(const std::string& url,
                                             const std::string& principal = "tokens/ops",
                                             const std::string& parent = "tenants/acme") {
    v1::CheckUrlRequest request;
    request.set_parent(parent);
    request.set_url(url);
    return Await<v1::CheckUrlResponse>([&](Methods::Done done) {
      checker_.Check(request, {.principal = principal}, std::move(done));
    });
  }

  KnownHosts hosts_;
  UrlChecker checker_{*repository_, hosts_, clock_};
};

TEST_F(UrlCheckerTest, TellsTheOneSpellingAndWhereItLeads) {
  const auto checked = Check(
      "HTTPS://B\xC3\xBC"
      "cher.Example:443/a?b#c");
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->url(), "https://xn--bcher-kva.example/a?b");
  EXPECT_TRUE(checked->allowed());
  EXPECT_EQ(checked->message(), "");
  ASSERT_EQ(checked->addresses_size(), 1);
  EXPECT_EQ(checked->addresses(0).address(), "93.184.216.34");
  EXPECT_TRUE(checked->addresses(0).allowed());
  EXPECT_THAT(hosts_.asked, testing::ElementsAre("acme xn--bcher-kva.example"));
}

TEST_F(UrlCheckerTest, OneAddressThatIsRefusedIsEnough) {
  hosts_.answer = std::vector<std::string>{"93.184.216.34", "10.1.2.3"};
  const auto checked = Check("https://a.example/");
  ASSERT_TRUE(checked.ok());
  EXPECT_FALSE(checked->allowed());
  EXPECT_THAT(checked->message(), HasSubstr("10.1.2.3 (10.0.0.0/8, private use)"));
  EXPECT_TRUE(checked->addresses(0).allowed());
  EXPECT_FALSE(checked->addresses(1).allowed());
  EXPECT_EQ(checked->addresses(1).message(), "10.1.2.3 (10.0.0.0/8, private use)");
}

TEST_F(UrlCheckerTest, FewAreShownAndAllAreLookedAt) {
  std::vector<std::string> many(UrlChecker::kMaxAddresses, "93.184.216.34");
  many.push_back("127.0.0.1");
  hosts_.answer = many;
  const auto checked = Check("https://a.example/");
  ASSERT_TRUE(checked.ok());
  EXPECT_FALSE(checked->allowed());
  EXPECT_EQ(checked->addresses_size(), static_cast<int>(UrlChecker::kMaxAddresses));
}

TEST_F(UrlCheckerTest, PortsAndHostsThatLeadNowhere) {
  auto checked = Check("https://a.example:22/");
  ASSERT_TRUE(checked.ok());
  EXPECT_FALSE(checked->allowed());
  EXPECT_EQ(checked->url(), "https://a.example:22/");
  EXPECT_THAT(checked->message(), HasSubstr("port 22"));
  for (const absl::Status& why :
       {absl::NotFoundError("no such host"), absl::DeadlineExceededError("silence")}) {
    hosts_.answer = why;
    checked = Check("https://a.example/");
    ASSERT_TRUE(checked.ok());
    EXPECT_FALSE(checked->allowed());
    EXPECT_THAT(checked->message(), HasSubstr("cannot resolve a.example: "));
    EXPECT_EQ(checked->addresses_size(), 0);
  }
}

TEST_F(UrlCheckerTest, WhatIsNoUrlIsRefused) {
  for (const char* url : {"", "a.example", "ftp://a.example/", "https://u:p@a.example/"}) {
    EXPECT_EQ(aip::ReasonOf(Check(url).status()), v1::FIELD_INVALID) << url;
  }
  EXPECT_EQ(aip::ReasonOf(Check("https://a.example/", "x", "tenants/-").status()),
            v1::FIELD_INVALID);
  EXPECT_THAT(hosts_.asked, SizeIs(0));
  hosts_.answer = aip::MakeError(v1::STOPPING, "the service is stopping");
  EXPECT_EQ(aip::ReasonOf(Check("https://a.example/").status()), v1::STOPPING);
}

TEST_F(UrlCheckerTest, WhoAsksTooOftenWaits) {
  for (int i = 0; i < UrlChecker::kPerSecond; ++i) ASSERT_TRUE(Check("https://a.example/").ok());
  EXPECT_EQ(aip::ReasonOf(Check("https://a.example/").status()), v1::RATE_LIMITED);
  EXPECT_TRUE(Check("https://a.example/", "tokens/other").ok());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(Check("https://a.example/").ok());
}

TEST_F(UrlCheckerTest, PrincipalsAreBounded) {
  for (size_t i = 0; i < UrlChecker::kMaxPrincipals; ++i) {
    ASSERT_TRUE(Check("https://a.example/", "p" + std::to_string(i)).ok());
  }
  EXPECT_EQ(aip::ReasonOf(Check("https://a.example/", "one more").status()), v1::RATE_LIMITED);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(Check("https://a.example/", "one more").ok());
}

}  // namespace
}  // namespace carillon::control
