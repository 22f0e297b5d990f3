#include "carillon/delivery/delivery_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace carillon::delivery {
namespace {

using model::Outcome;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class DeliveryLogTest : public testing::Test {
 protected:
  static model::Destination Named(const std::string& name) {
    model::Destination destination;
    destination.tenant = "t";
    destination.name = name;
    destination.url = "https://user.example/path-with-a-token?key=s3cret";
    return destination;
  }
  static http::Response Failure(Outcome wire, const std::string& error, uint16_t status = 0) {
    http::Response response;
    response.wire = wire;
    response.error = error;
    response.status = status;
    response.phase = http::Phase::kTls;
    response.peer = std::make_shared<const std::string>("192.0.2.7:443");
    response.body = "b0dy";
    return response;
  }
  void Fail(const std::string& name, Outcome outcome, uint16_t status = 0) {
    log_.OnFailed(Named(name), outcome, Failure(outcome, "it has expired", status), *event_);
  }
  /// What was written since the last call.
  std::string Taken() {
    std::string text = out_.str();
    out_.str("");
    return text;
  }
  static size_t Lines(const std::string& text) {
    return static_cast<size_t>(std::ranges::count(text, '\n'));
  }

  static std::shared_ptr<model::Event> Traced(bool traced) {
    model::TraceContext trace;
    trace.trace_id.fill(0xA1);
    trace.span_id.fill(0xB2);
    return model::Event::Create({.id = "e-1",
                                 .type = "a",
                                 .tenant = "t",
                                 .payload = "1",
                                 .trace = traced ? &trace : nullptr});
  }

  std::shared_ptr<model::Event> event_ = Traced(false);
  base::SimulatedClock clock_;
  std::ostringstream out_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(out_, log::Level::kInfo, clock_);
  DeliveryLog log_{*logger_, clock_};
};

TEST_F(DeliveryLogTest, SaysWhyAnAttemptFailed) {
  Fail("a", Outcome::kTls);
  const std::string line = Taken();
  for (const char* part :
       {R"("level":"warn")", R"("destination":"t/a")", R"("cause":"tls")", R"("phase":"tls")",
        R"("address":"192.0.2.7:443")", R"("error":"it has expired")", R"("suppressed":0)"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  EXPECT_THAT(line, Not(HasSubstr("s3cret")));
  EXPECT_THAT(line, Not(HasSubstr("path-with")));
}

TEST_F(DeliveryLogTest, AStatusIsTheCauseWhereThereIsOne) {
  Fail("a", Outcome::kHttp5xx, 503);
  const std::string line = Taken();
  EXPECT_THAT(line, HasSubstr(R"("cause":"http_5xx","status":503)"));
  EXPECT_THAT(line, Not(HasSubstr("b0dy")));
}

TEST_F(DeliveryLogTest, OneLineForEachDestinationAndCause) {
  for (int i = 0; i < 100; ++i) {
    Fail("a", Outcome::kTls);
    Fail("b", Outcome::kTls);
    Fail("a", Outcome::kReset);
    Fail("a", Outcome::kHttp4xx, 401);
    Fail("a", Outcome::kHttp4xx, 404);
  }
  EXPECT_EQ(Lines(Taken()), 5u);
  clock_.Advance(DeliveryLog::kInterval);
  Fail("a", Outcome::kTls);
  EXPECT_THAT(Taken(), HasSubstr(R"("suppressed":99)"));
}

TEST_F(DeliveryLogTest, AFloodOfCausesIsBoundedAndLeavesOthersTheirLines) {
  for (int i = 0; i < 20'000; ++i) Fail("d" + std::to_string(i), Outcome::kDns);
  EXPECT_EQ(Lines(Taken()), DeliveryLog::kMaxKeys + 1);
  logger_->Limited("disk").Warn("nearly full");
  EXPECT_EQ(Lines(Taken()), 1u);
}

TEST_F(DeliveryLogTest, NamesTheEventAndItsTrace) {
  const std::string trace = R"("trace_id":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1")";
  Fail("a", Outcome::kTls);
  EXPECT_THAT(Taken(), AllOf(HasSubstr(R"("event_id":"e-1")"), Not(HasSubstr("trace_id"))));
  event_ = Traced(true);
  Fail("b", Outcome::kTls);
  EXPECT_THAT(Taken(), AllOf(HasSubstr(R"("event_id":"e-1")"), HasSubstr(trace)));
  Fail("b", Outcome::kHttp5xx, 500);
  EXPECT_THAT(Taken(), AllOf(HasSubstr(R"("event_id":"e-1")"), HasSubstr(trace)));
  log_.OnGivenUp(Named("a"), {.event_id = "e-1", .event = &*event_, .outcome = Outcome::kReset});
  EXPECT_THAT(Taken(), HasSubstr(trace));
}

TEST_F(DeliveryLogTest, TellsOfBreakersAndSwitches) {
  log_.OnBreakerOpened(Named("a"), seconds(10));
  EXPECT_THAT(
      Taken(),
      HasSubstr(
          R"(a breaker opened: the destination is left alone","destination":"t/a","seconds":10)"));
  log_.OnBreakerClosed(Named("a"));
  EXPECT_THAT(Taken(), HasSubstr("a breaker closed"));
  log_.OnDisabled(Named("a"), model::DisabledReason::kGone);
  EXPECT_THAT(Taken(), HasSubstr(R"("reason":"gone","deliveries_kept":true)"));
  log_.OnEnabled(Named("a"));
  EXPECT_THAT(Taken(), HasSubstr("a destination is enabled"));
  const base::WallTime at = base::FromUnixNanos(1'000'000'000);
  const auto call = std::make_shared<const store::OwnerCall>(
      store::OwnerCall{.at = at, .principal = "token:tokens/ops", .reason = "rest"});
  const auto silent = std::make_shared<const store::OwnerCall>(store::OwnerCall{.at = at});
  log_.OnPaused(Named("a"), {.call = call, .paused = true, .paused_until = at + seconds(90)});
  EXPECT_THAT(Taken(),
              HasSubstr(R"(a destination is paused for a while","destination":"t/a","seconds":90,)"
                        R"("principal":"token:tokens/ops","reason":"rest")"));
  log_.OnPaused(Named("b"), {.call = silent, .paused = true});
  const std::string line = Taken();
  EXPECT_THAT(line, HasSubstr("a destination is paused until it is resumed"));
  EXPECT_THAT(line, AllOf(Not(HasSubstr("seconds")), Not(HasSubstr("reason"))));
  log_.OnResumed(Named("a"), {.call = call});
  EXPECT_THAT(Taken(), HasSubstr("a destination is resumed"));
}

TEST_F(DeliveryLogTest, TellsWhatIsGivenUp) {
  const Observer::GivenUp delivery{
      .position = 7, .event_id = "e-7", .attempts = 3, .outcome = Outcome::kReset};
  log_.OnGivenUp(Named("a"), delivery);
  log_.OnGivenUp(Named("a"), delivery);
  const std::string line = Taken();
  EXPECT_THAT(line, HasSubstr(R"("cause":"reset","event_id":"e-7","position":7,"attempts":3)"));
  EXPECT_EQ(Lines(line), 1u);
}

}  // namespace
}  // namespace carillon::delivery
