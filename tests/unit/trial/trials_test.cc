#include "trials.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carillon/aip/error.h"

namespace carillon::trial {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// Keeps what it is asked for; the test answers.
class ScriptedCourier final : public http::Courier {
 public:
  void SetListener(http::CourierListener* set) override { listener = set; }
  http::EndpointId Open(const http::EndpointOptions& options) override {
    open[++last_] = options;
    return last_;
  }
  void Update(http::EndpointId, const http::EndpointOptions&) override {}
  void Close(http::EndpointId endpoint) override { open.erase(endpoint); }
  void Start(http::Request request) override { started.push_back(std::move(request)); }
  void CancelAll() override {}

  http::CourierListener* listener = nullptr;
  std::map<http::EndpointId, http::EndpointOptions> open;
  std::vector<http::Request> started;

 private:
  http::EndpointId last_ = 0;
};

class TrialsTest : public testing::Test {
 protected:
  TrialsTest() {
    auto destination = std::make_shared<model::Destination>();
    destination->tenant = "acme";
    destination->name = "orders";
    destination->url = "https://receiver.example/in?a=1";
    destination->concurrency = 32;
    destination->headers = {{"X-Team", base::Secret("billing"), false}};
    trial_.destination = destination;
    trial_.event = model::Event::Create(
        {.id = "test_1", .type = "a.b", .tenant = "acme", .payload = "{\"a\":1}"});
  }
  void Begin() {
    trials_.Begin(trial_, [this](absl::StatusOr<TrialResult> result) {
      results_.push_back(std::move(result));
    });
  }
  static http::Response Answered(uint16_t status) {
    http::Response response;
    response.status = status;
    response.body = "hello";
    return response;
  }

  base::SimulatedClock clock_;
  ScriptedCourier courier_;
  Trials trials_{courier_, clock_, "Carillon/1"};
  Trial trial_;
  std::vector<absl::StatusOr<TrialResult>> results_;
};

TEST_F(TrialsTest, SendsWhatALaneWouldSendAndMarksIt) {
  Begin();
  ASSERT_EQ(courier_.started.size(), 1u);
  const http::Request& request = courier_.started[0];
  EXPECT_THAT(request.head, HasSubstr("POST /in?a=1 HTTP/1.1\r\nHost: receiver.example\r\n"));
  EXPECT_THAT(request.head, HasSubstr("\r\nX-Team: billing\r\nwebhook-test: true\r\n"));
  EXPECT_THAT(request.head, HasSubstr("\r\nwebhook-id: test_1\r\n"));
  EXPECT_THAT(*request.body, HasSubstr("\"data\":{\"a\":1}"));
  EXPECT_EQ(request.keep_body_bytes, 16u * 1024);
  EXPECT_EQ(request.keep_head_bytes, 16u * 1024);
  EXPECT_EQ(courier_.open.at(request.endpoint).max_connections, 1u);
  EXPECT_TRUE(results_.empty());

  courier_.listener->OnResponse(request.token, Answered(500));
  ASSERT_EQ(results_.size(), 1u);
  ASSERT_TRUE(results_[0].ok());
  EXPECT_EQ(results_[0]->outcome, model::Outcome::kHttp5xx);
  EXPECT_EQ(results_[0]->response.body, "hello");
  EXPECT_EQ(results_[0]->started, clock_.Wall());
  EXPECT_FALSE(results_[0]->cut_short);
  EXPECT_TRUE(courier_.open.empty()) << "its connection stays";
  // Nobody asked twice.
  courier_.listener->OnResponse(request.token, Answered(200));
  EXPECT_EQ(results_.size(), 1u);
}

TEST_F(TrialsTest, IsJudgedByTheDestinationsRule) {
  auto lenient = std::make_shared<model::Destination>(*trial_.destination);
  lenient->success = model::SuccessRule::kAnyResponse;
  trial_.destination = lenient;
  Begin();
  courier_.listener->OnResponse(courier_.started[0].token, Answered(500));
  EXPECT_EQ(results_.at(0)->outcome, model::Outcome::kSuccess);
}

TEST_F(TrialsTest, EndsWithinTheTimeThatTheCallerHas) {
  trial_.must_end = clock_.Mono() + seconds(2);
  Begin();
  const http::EndpointOptions& options = courier_.open.at(courier_.started[0].endpoint);
  EXPECT_EQ(options.total_timeout, milliseconds(2000));
  EXPECT_EQ(options.connect_timeout, milliseconds(2000));
  courier_.listener->OnResponse(courier_.started[0].token, Answered(200));
  EXPECT_TRUE(results_.at(0)->cut_short);

  // There is no time left: it still ends by itself.
  clock_.Advance(seconds(5));
  Begin();
  EXPECT_EQ(courier_.open.at(courier_.started[1].endpoint).total_timeout, milliseconds(1));
}

TEST_F(TrialsTest, KeepsTheDestinationsTimeoutsWhereThereIsTime) {
  trial_.must_end = clock_.Mono() + seconds(60);
  Begin();
  const http::EndpointOptions& options = courier_.open.at(courier_.started[0].endpoint);
  EXPECT_EQ(options.total_timeout, trial_.destination->total_timeout);
  EXPECT_EQ(options.connect_timeout, trial_.destination->connect_timeout);
}

TEST_F(TrialsTest, TheEndAnswersWhatIsUnderWay) {
  Begin();
  Begin();
  trials_.EndAll();
  ASSERT_EQ(results_.size(), 2u);
  for (const auto& result : results_) EXPECT_EQ(aip::ReasonOf(result.status()), v1::STOPPING);
  EXPECT_TRUE(courier_.open.empty());
}

}  // namespace
}  // namespace carillon::trial
