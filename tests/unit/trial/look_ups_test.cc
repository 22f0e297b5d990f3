// Look-ups of hosts within a time, over a resolver that the test answers for.
#include "look_ups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "carillon/aip/error.h"

namespace carillon::trial {
namespace {

using testing::ElementsAre;

class HeldResolver final : public http::Resolver {
 public:
  void Resolve(const std::string& host, const std::string& tenant,
               http::ResolveDone done) override {
    asked.push_back(tenant + " " + host);
    dones.push_back(std::move(done));
  }
  std::vector<std::string> asked;
  std::vector<http::ResolveDone> dones;
};

class LookUpsTest : public testing::Test {
 protected:
  using Answer = std::optional<absl::StatusOr<std::vector<std::string>>>;
  static LookUps::Done Into(Answer& answer) {
    return [&answer](absl::StatusOr<std::vector<std::string>> came) {
      EXPECT_FALSE(answer) << "it was answered already";
      answer = std::move(came);
    };
  }

  boost::asio::io_context io_{1};
  HeldResolver resolver_;
};

TEST_F(LookUpsTest, AnswersWithTheAddressesInText) {
  LookUps look_ups(io_, resolver_, std::chrono::hours(1));
  Answer answer;
  look_ups.Begin("a.example", "acme", Into(answer));
  EXPECT_THAT(resolver_.asked, ElementsAre("acme a.example"));
  EXPECT_FALSE(answer);
  resolver_.dones[0](http::Addresses{boost::asio::ip::make_address("192.0.2.1"),
                                     boost::asio::ip::make_address("2001:db8::1")});
  io_.run();  // the timer holds up nothing
  ASSERT_TRUE(answer && answer->ok());
  EXPECT_THAT(**answer, ElementsAre("192.0.2.1", "2001:db8::1"));
}

TEST_F(LookUpsTest, WhatGoesWrongIsTold) {
  LookUps look_ups(io_, resolver_, std::chrono::hours(1));
  Answer answer;
  look_ups.Begin("a.example", "acme", Into(answer));
  resolver_.dones[0](absl::NotFoundError("no such host"));
  io_.run();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(absl::IsNotFound(answer->status()));
}

TEST_F(LookUpsTest, SilentNameServersAreWaitedForSoLong) {
  LookUps look_ups(io_, resolver_, std::chrono::milliseconds(1));
  Answer answer;
  look_ups.Begin("a.example", "acme", Into(answer));
  io_.run();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(absl::IsDeadlineExceeded(answer->status())) << answer->status();
  io_.restart();
  resolver_.dones[0](http::Addresses{});  // too late
  io_.run();
  EXPECT_TRUE(absl::IsDeadlineExceeded(answer->status()));
}

TEST_F(LookUpsTest, HowManyRunIsBoundedAndTheEndAnswersThem) {
  LookUps look_ups(io_, resolver_, std::chrono::hours(1));
  std::vector<Answer> answers(Sender::kMaxLookUps + 1);
  for (Answer& answer : answers) look_ups.Begin("a.example", "acme", Into(answer));
  ASSERT_TRUE(answers.back());
  EXPECT_EQ(aip::ReasonOf(answers.back()->status()), v1::RATE_LIMITED);
  look_ups.EndAll();
  for (size_t i = 0; i < Sender::kMaxLookUps; ++i) {
    ASSERT_TRUE(answers[i]) << i;
    EXPECT_EQ(aip::ReasonOf(answers[i]->status()), v1::STOPPING);
  }
}

}  // namespace
}  // namespace carillon::trial
