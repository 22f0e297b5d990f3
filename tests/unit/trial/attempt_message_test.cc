#include "carillon/trial/attempt_message.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>

namespace carillon::trial {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

class AttemptMessageTest : public testing::Test {
 protected:
  AttemptMessageTest() {
    auto destination = std::make_shared<model::Destination>();
    destination->url = "https://receiver.example/in";
    destination->headers = {{"X-Hidden", base::Secret("marker-1"), true}};
    trial_.destination = destination;
    trial_.event = model::Event::Create({.id = "e", .type = "a.b", .tenant = "t", .payload = "1"});
    result_.outcome = model::Outcome::kSuccess;
    result_.started = base::WallTime(std::chrono::nanoseconds(1'700'000'000'250'000'000));
    result_.request.head =
        "POST /in HTTP/1.1\r\nHost: receiver.example\r\nx-hidden: marker-1\r\n"
        "Authorization: Bearer marker-2\r\nwebhook-id: e\r\n\r\n";
    result_.request.body = std::make_shared<const std::string>("{}");
    result_.response.status = 202;
    result_.response.head =
        "HTTP/1.1 202 Accepted\r\nServer:  x \r\nX-Bad: a\xff"
        "b\r\nX-Cut: 12";
    result_.response.body = "\xff ok";
    result_.response.started = base::MonoTime(milliseconds(1000));
    result_.response.ended = base::MonoTime(milliseconds(2500));
    result_.response.times.dns = milliseconds(0);
    result_.response.times.first_byte = milliseconds(1200);
    result_.response.peer = std::make_shared<const std::string>("203.0.113.7:443");
  }
  static std::map<std::string, std::string> Map(
      const google::protobuf::RepeatedPtrField<v1::HttpHeader>& headers) {
    std::map<std::string, std::string> map;
    for (const v1::HttpHeader& header : headers) {
      map[header.name()] = header.blanked() ? "(blanked)" : header.value();
    }
    return map;
  }

  Trial trial_;
  TrialResult result_;
};

TEST_F(AttemptMessageTest, SaysAllOfIt) {
  const v1::Attempt attempt = ToAttempt(trial_, result_);
  EXPECT_EQ(attempt.outcome(), v1::OUTCOME_SUCCESS);
  EXPECT_EQ(attempt.trigger(), v1::Delivery::TEST);
  EXPECT_EQ(attempt.webhook_id(), "e");
  EXPECT_EQ(attempt.event_type(), "a.b");
  EXPECT_EQ(attempt.remote_address(), "203.0.113.7:443");
  EXPECT_EQ(attempt.start_time().nanos(), 250'000'000);
  EXPECT_EQ(attempt.message(), "");
  EXPECT_TRUE(attempt.phases().has_dns());
  EXPECT_FALSE(attempt.phases().has_tls());
  EXPECT_EQ(attempt.phases().first_byte().seconds(), 1);
  EXPECT_EQ(attempt.phases().first_byte().nanos(), 200'000'000);
  EXPECT_EQ(attempt.phases().total().nanos(), 500'000'000);
  EXPECT_EQ(attempt.request().url(), "https://receiver.example/in");
  EXPECT_EQ(attempt.request().body(), "{}");
  EXPECT_EQ(attempt.response().status(), 202);
  EXPECT_EQ(attempt.response().body(), "\xff ok");
  const auto headers = Map(attempt.response().headers());
  EXPECT_EQ(headers.at("Server"), "x");
  EXPECT_EQ(headers.at("X-Bad"), "a\\xffb");
  EXPECT_FALSE(headers.contains("X-Cut")) << "it may go on";
}

TEST_F(AttemptMessageTest, ShowsNoSecret) {
  const v1::Attempt attempt = ToAttempt(trial_, result_);
  const auto headers = Map(attempt.request().headers());
  EXPECT_EQ(headers.at("x-hidden"), "(blanked)");
  EXPECT_EQ(headers.at("Authorization"), "(blanked)");
  EXPECT_EQ(headers.at("Host"), "receiver.example");
  EXPECT_THAT(attempt.DebugString(), Not(HasSubstr("marker")));
}

TEST_F(AttemptMessageTest, SaysWhyThereIsNoAnswer) {
  result_.outcome = model::Outcome::kConnectTimeout;
  result_.response.status = 0;
  result_.response.error = "no connection";
  result_.response.phase = http::Phase::kConnect;
  EXPECT_EQ(ToAttempt(trial_, result_).message(), "no connection (connect)");
  EXPECT_FALSE(ToAttempt(trial_, result_).has_response());
  result_.cut_short = true;
  EXPECT_THAT(ToAttempt(trial_, result_).message(), HasSubstr("call with a longer deadline"));
}

TEST_F(AttemptMessageTest, TellsTheFacts) {
  EXPECT_FALSE(ToAttempt(trial_, result_).has_detail());
  result_.response.status = 301;
  result_.response.head = "HTTP/1.1 301 Moved\r\nLocation: /v2\r\n\r\n";
  EXPECT_EQ(ToAttempt(trial_, result_).detail().redirect_url(), "https://receiver.example/v2");
}

TEST_F(AttemptMessageTest, ATimeoutOfTheCallIsNoneOfTheDestination) {
  model::AttemptFacts facts;
  facts.bound = {model::Bound::kTotalTimeout, 15'000};
  result_.response.facts = std::make_shared<const model::AttemptFacts>(facts);
  EXPECT_EQ(ToAttempt(trial_, result_).detail().limit().name(), "timeouts.total");
  EXPECT_EQ(ToAttempt(trial_, result_).detail().limit().value(), "15s");
  result_.cut_short = true;
  facts.bound->value = 1200;
  result_.response.facts = std::make_shared<const model::AttemptFacts>(facts);
  EXPECT_FALSE(ToAttempt(trial_, result_).has_detail());
}

TEST_F(AttemptMessageTest, NamesEveryOutcome) {
  for (int i = 0; i < model::kOutcomeCount; ++i) {
    result_.outcome = static_cast<model::Outcome>(i);
    std::string name = v1::Outcome_Name(ToAttempt(trial_, result_).outcome());
    for (char& c : name) c = static_cast<char>(::tolower(c));
    EXPECT_EQ(name, "outcome_" + std::string(model::OutcomeName(result_.outcome)));
  }
}

}  // namespace
}  // namespace carillon::trial
