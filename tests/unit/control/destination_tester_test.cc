#include "carillon/control/destination_tester.h"

#include <gmock/gmock.h>

#include <deque>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Keeps what it is asked for; the test answers.
class HeldSender final : public trial::Sender {
 public:
  void Send(trial::Trial trial, Done done) override {
    trials.push_back(std::move(trial));
    if (!refusal.ok()) return done(refusal);
    dones.push_back(std::move(done));
    if (answers_at_once) Answer();
  }
  void LookUp(const std::string&, const std::string&, LookUpDone done) override {
    done(std::vector<std::string>());
  }
  void Stop() override {}
  /// Answers the oldest with 202.
  void Answer() {
    trial::TrialResult result;
    result.outcome = model::Outcome::kSuccess;
    result.response.status = 202;
    result.request.body = std::make_shared<const std::string>();
    Done done = std::move(dones.front());
    dones.pop_front();
    done(std::move(result));
  }

  std::vector<trial::Trial> trials;
  std::deque<Done> dones;
  absl::Status refusal;
  bool answers_at_once = true;
};

class DestinationTesterTest : public ControlTest {
 protected:
  using Answered = absl::StatusOr<v1::TestDestinationResponse>;

  DestinationTesterTest() {
    EXPECT_TRUE(Create("orders", kUrl).ok());
    tester_ = std::make_unique<DestinationTester>(*repository_, *types_[0], sender_, clock_);
  }
  Answered Test(const std::string& text, const std::string& principal = "tokens/ops") {
    const auto request = Made<v1::TestDestinationRequest>(text);
    return Await<v1::TestDestinationResponse>([&](Methods::Done done) {
      tester_->Test(request, {.principal = principal, .answer_by = answer_by_}, std::move(done));
    });
  }
  static std::string Of(const std::string& id, const std::string& more = "") {
    return "name: \"tenants/acme/destinations/" + id + "\" event_type: \"session.create\"" + more;
  }

  base::WallTime answer_by_ = base::WallTime::max();
  HeldSender sender_;
  std::unique_ptr<DestinationTester> tester_;
};

TEST_F(DestinationTesterTest, OneOfTheStoreWithItsKeys) {
  const Answered answer = Test(Of("orders"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->attempt().response().status(), 202);
  EXPECT_EQ(answer->attempt().outcome(), v1::OUTCOME_SUCCESS);
  ASSERT_EQ(sender_.trials.size(), 1u);
  const trial::Trial& trial = sender_.trials[0];
  EXPECT_EQ(*trial.destination, *InForce("orders")) << "it is not the one in force";
  EXPECT_EQ(trial.destination->keys.size(), 2u);
  EXPECT_EQ(trial.event->type(), "session.create");
  EXPECT_EQ(trial.event->tenant(), "acme");
}

TEST_F(DestinationTesterTest, EndsWhileTheCallerWaits) {
  EXPECT_TRUE(Test(Of("orders")).ok());
  EXPECT_EQ(sender_.trials.at(0).must_end, clock_.Mono() + DestinationTester::kLongest);
  answer_by_ = clock_.Wall() + std::chrono::seconds(7);
  EXPECT_TRUE(Test(Of("orders")).ok());
  EXPECT_EQ(sender_.trials.at(1).must_end,
            clock_.Mono() + std::chrono::seconds(7) - DestinationTester::kWayBack);
  answer_by_ = clock_.Wall() - std::chrono::hours(1);
  EXPECT_TRUE(Test(Of("orders")).ok());
  EXPECT_LT(sender_.trials.at(2).must_end, clock_.Mono());
}

TEST_F(DestinationTesterTest, OneOfTheFile) {
  const Answered answer = Test(Of("in-file"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(sender_.trials.at(0).destination->url, "https://203.0.113.9/hooks");
}

TEST_F(DestinationTesterTest, OneOfNobodyYet) {
  const std::string unsaved =
      "destination { name: \"tenants/acme/destinations/new\" url: \"https://r.example/\" } "
      "event_type: \"session.create\"";
  const Answered answer = Test(unsaved);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(sender_.trials.at(0).destination->url, "https://r.example/");
  EXPECT_EQ(sender_.trials.at(0).destination->keys.size(), 2u) << "it would be signed";
  EXPECT_EQ(InForce("new"), nullptr) << "it was stored";
}

TEST_F(DestinationTesterTest, AnUnsavedOneIsCheckedAsACreatedOne) {
  const auto test = [this](const std::string& destination) {
    return Test("destination { " + destination + " } event_type: \"session.create\"").status();
  };
  const std::string name = "name: \"tenants/acme/destinations/new\" ";
  EXPECT_THAT(std::string(test(name + "url: \"ftp://r.example/\"").message()),
              StartsWith("destination.url: "));
  EXPECT_THAT(std::string(test(name + "url: \"https://127.0.0.1/\"").message()),
              StartsWith("destination.url: "));
  EXPECT_EQ(
      aip::ReasonOf(test(name + "url: \"https://r.example/\" "
                                "headers { name: \"a\" secret { file: \"/etc/hostname\" } }")),
      v1::FILE_ONLY);
  EXPECT_THAT(std::string(test("url: \"https://r.example/\"").message()),
              StartsWith("destination.name: "));
  EXPECT_TRUE(sender_.trials.empty());
}

TEST_F(DestinationTesterTest, AnEventOfTheCallersOwn) {
  const Answered answer = Test(
      "name: \"tenants/acme/destinations/orders\" "
      "event { tenant: \"acme\" type: \"session.create\" json: \"{ \\\"a\\\": 1 }\" }");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(sender_.trials.at(0).event->payload(), "{\"a\":1}");
}

TEST_F(DestinationTesterTest, ExactlyOneOfEach) {
  const auto fails = [this](const std::string& text, const std::string& field) {
    EXPECT_THAT(std::string(Test(text).status().message()), StartsWith(field + ": ")) << text;
  };
  const std::string name = "name: \"tenants/acme/destinations/orders\" ";
  fails("event_type: \"session.create\"", "name");
  fails(Of("orders", " destination { url: \"https://r.example/\" }"), "name");
  fails(name, "event_type");
  fails(Of("orders", " event { json: \"1\" }"), "event_type");
  fails("name: \"orders\" event_type: \"session.create\"", "name");
  fails(Of("orders", " request_id: \"?\""), "request_id");
  EXPECT_EQ(aip::ReasonOf(Test(Of("nobody")).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_TRUE(sender_.trials.empty());
}

TEST_F(DestinationTesterTest, WhatTheSenderRefusesIsTold) {
  sender_.refusal = aip::QuotaExceeded(v1::RATE_LIMITED, "too many", "tenants/acme");
  EXPECT_EQ(aip::ReasonOf(Test(Of("orders", " request_id: \"r\"")).status()), v1::RATE_LIMITED);
  // It was not done: it may be tried again.
  sender_.refusal = absl::OkStatus();
  EXPECT_TRUE(Test(Of("orders", " request_id: \"r\"")).ok());
}

TEST_F(DestinationTesterTest, ARepetitionSendsNothing) {
  const Answered first = Test(Of("orders", " request_id: \"r1\""));
  ASSERT_TRUE(first.ok()) << first.status();
  const Answered second = Test(Of("orders", " request_id: \"r1\""));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(sender_.trials.size(), 1u);
  EXPECT_EQ(aip::ReasonOf(Test(Of("in-file", " request_id: \"r1\"")).status()),
            v1::REQUEST_ID_REUSED);
  EXPECT_TRUE(Test(Of("orders", " request_id: \"r1\""), "tokens/other").ok());
  EXPECT_EQ(sender_.trials.size(), 2u);
}

TEST_F(DestinationTesterTest, WhileItIsUnderWayARepetitionIsRefused) {
  sender_.answers_at_once = false;
  const auto request = Made<v1::TestDestinationRequest>(Of("orders", " request_id: \"r1\""));
  std::promise<absl::StatusOr<Answer>> first;
  tester_->Test(request, {.principal = "tokens/ops"},
                [&](absl::StatusOr<Answer> answer) { first.set_value(std::move(answer)); });
  EXPECT_EQ(aip::ReasonOf(Test(Of("orders", " request_id: \"r1\"")).status()), v1::RATE_LIMITED);
  // The repository has looked the first one up when it has done something asked for later.
  EXPECT_TRUE(Create("later", kUrl).ok());
  ASSERT_EQ(sender_.dones.size(), 1u);
  sender_.Answer();
  EXPECT_TRUE(first.get_future().get().ok());
}

}  // namespace
}  // namespace carillon::control
