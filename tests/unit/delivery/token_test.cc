// Tokens of attempts, when their slots were used very often.

#include "carillon/authorization/authorizing_courier.h"
#include "dispatcher_support.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;

/// Passes everything on to a courier that somebody else owns.
class Passing final : public http::Courier {
 public:
  explicit Passing(http::Courier& courier) : courier_(courier) {}
  void SetListener(http::CourierListener* listener) override { courier_.SetListener(listener); }
  http::EndpointId Open(const http::EndpointOptions& options) override {
    return courier_.Open(options);
  }
  void Update(http::EndpointId endpoint, const http::EndpointOptions& options) override {
    courier_.Update(endpoint, options);
  }
  void Close(http::EndpointId endpoint) override { courier_.Close(endpoint); }
  void Start(http::Request request) override { courier_.Start(std::move(request)); }
  void CancelAll() override { courier_.CancelAll(); }

 private:
  http::Courier& courier_;
};

class TokenTest : public DispatcherTest {
 protected:
  void DeliverOverTheWrap(http::Courier& courier) {
    options_.first_token_use = AttemptToken::kUses - 3;
    journal_ = std::make_unique<SimJournal>(store_, executor_, clock_, random_);
    dispatcher_ =
        Dispatcher::Create(options_, clock_, random_, journal_->stores(),
                           journal_->Take(options_.shard), courier, Borrowed(executor_), metrics_);
    executor_.SetDispatcher(dispatcher_.get());
    journal_->AddConsumer(dispatcher_.get());
    ASSERT_TRUE(SetTable({Named("a")}).ok());
    for (int i = 1; i <= 10; ++i) {
      Publish("e" + std::to_string(i));
      RunFor(milliseconds(100));
    }
    EXPECT_EQ(store_.delivered.size(), 10u);
    EXPECT_EQ(store_.watermark, 10u);
  }
};

TEST_F(TokenTest, ASlotThatWasUsedVeryOftenGoesOn) { DeliverOverTheWrap(courier_); }

TEST_F(TokenTest, AlsoBelowACourierThatMakesRequestsOfItsOwn) {
  const auto courier = authorization::MakeAuthorizingCourier(
      std::make_unique<Passing>(courier_), clock_,
      {.post = [this](absl::AnyInvocable<void()> task) { executor_.Post(std::move(task)); }});
  DeliverOverTheWrap(*courier);
}

TEST(Attempts, EveryTokenIsTheCallersAndFoundOnce) {
  Tracker tracker;
  Lane lane({.lane = 1}, {}, tracker, std::make_shared<metrics::LaneMetrics>());
  Attempts attempts(AttemptToken::kUses - 2);
  uint64_t before = AttemptToken::Make(1, 0);
  for (int i = 0; i < 5; ++i) {
    Attempt& attempt = attempts.Start(lane, {});
    const uint64_t token = attempt.token();
    EXPECT_EQ(token & http::kCourierToken, 0u);
    EXPECT_EQ(attempts.Find(token), &attempt);
    EXPECT_EQ(attempts.Find(token | http::kCourierToken), nullptr);
    EXPECT_EQ(attempts.Find(before), nullptr) << "an answer that came late";
    before = token;
    attempts.Finish(attempt);
    EXPECT_EQ(attempts.Find(token), nullptr);
  }
}

}  // namespace
}  // namespace carillon::delivery
