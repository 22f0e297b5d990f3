// Trials over real sockets.

#include "carillon/trial/trial_sender.h"

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "receiver.h"

namespace carillon::trial {
namespace {

using Pending = std::future<absl::StatusOr<TrialResult>>;
using testing::HasSubstr;

class SenderTest : public testing::Test {
 protected:
  SenderTest() {
    auto sender = Sender::Create({.clock = clock_});
    EXPECT_TRUE(sender.ok()) << sender.status();
    sender_ = *std::move(sender);
  }
  Trial To(uint16_t port, const std::string& tenant = "acme") const {
    auto destination = std::make_shared<model::Destination>();
    destination->tenant = tenant;
    destination->name = "orders";
    destination->url = absl::StrCat("http://127.0.0.1:", port, "/in");
    Trial trial;
    trial.destination = destination;
    trial.event =
        model::Event::Create({.id = "test_1", .type = "a.b", .tenant = tenant, .payload = "1"});
    trial.egress.rules = guard::Rules::Unrestricted();
    return trial;
  }
  Pending Send(Trial trial) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<TrialResult>>>();
    sender_->Send(std::move(trial), [promise](absl::StatusOr<TrialResult> result) {
      promise->set_value(std::move(result));
    });
    return promise->get_future();
  }

  const base::SystemClock clock_;
  std::unique_ptr<Sender> sender_;
};

TEST_F(SenderTest, ReportsTheAnswerWithItsHead) {
  std::promise<std::string> request;
  http::Receiver receiver([&](http::Peer& peer) {
    request.set_value(peer.ReadRequest());
    peer.Send("HTTP/1.1 418 Teapot\r\nX-Mood: hot\r\nContent-Length: 5\r\n\r\nsorry");
  });
  const absl::StatusOr<TrialResult> result = Send(To(receiver.port())).get();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->outcome, model::Outcome::kHttp4xx);
  EXPECT_EQ(result->response.status, 418);
  EXPECT_EQ(result->response.head,
            "HTTP/1.1 418 Teapot\r\nX-Mood: hot\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(result->response.body, "sorry");
  EXPECT_EQ(*result->response.peer, absl::StrCat("127.0.0.1:", receiver.port()));
  EXPECT_NE(result->response.times.connect, http::PhaseTimes::kNone);
  EXPECT_THAT(request.get_future().get(), HasSubstr("\r\nwebhook-test: true\r\n"));
}

TEST_F(SenderTest, TheGuardHolds) {
  Trial trial = To(9);
  trial.egress = {};
  const auto result = Send(trial).get();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->outcome, model::Outcome::kBlocked);
}

TEST_F(SenderTest, EndsInTimeWhenNobodyAnswers) {
  http::Receiver receiver([](http::Peer& peer) { peer.ReadToEnd(); });
  Trial trial = To(receiver.port());
  trial.must_end = clock_.Mono() + std::chrono::milliseconds(50);
  const auto result = Send(trial).get();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->outcome, model::Outcome::kResponseTimeout);
  EXPECT_TRUE(result->cut_short);
}

TEST_F(SenderTest, HowManyRunIsBoundedAndTheEndAnswersThem) {
  http::Receiver receiver([](http::Peer& peer) { peer.ReadToEnd(); });
  std::vector<Pending> running;
  for (size_t i = 0; i < Sender::kMaxOfTenant; ++i) running.push_back(Send(To(receiver.port())));
  EXPECT_EQ(aip::ReasonOf(Send(To(receiver.port())).get().status()), v1::RATE_LIMITED);
  for (size_t i = Sender::kMaxOfTenant; i < Sender::kMaxAtOnce; ++i) {
    running.push_back(Send(To(receiver.port(), absl::StrCat("t", i))));
  }
  EXPECT_EQ(aip::ReasonOf(Send(To(receiver.port(), "other")).get().status()), v1::RATE_LIMITED);
  sender_->Stop();
  for (Pending& one : running) EXPECT_EQ(aip::ReasonOf(one.get().status()), v1::STOPPING);
  EXPECT_EQ(aip::ReasonOf(Send(To(receiver.port())).get().status()), v1::STOPPING);
}

TEST_F(SenderTest, AnEndedOneGivesItsPlaceBack) {
  http::Receiver receiver([](http::Peer& peer) {
    peer.ReadRequest();
    peer.Send(http::kOk);
  });
  for (size_t i = 0; i < 2 * Sender::kMaxAtOnce; ++i) {
    const auto result = Send(To(receiver.port())).get();
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->outcome, model::Outcome::kSuccess);
  }
}

}  // namespace
}  // namespace carillon::trial
