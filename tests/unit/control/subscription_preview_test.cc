#include "carillon/control/subscription_preview.h"

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

/// Events at positions from 1 on; null: it is gone.
class TestLog final : public store::EventLog {
 public:
  void AddConsumer(store::Consumer *) override {}
  void RemoveConsumer(store::Consumer *) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t from, size_t max_bytes,
            absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    ++reads;
    auto batch = std::make_shared<store::EventBatch>();
    batch->first = from;
    batch->last = from - 1;
    for (size_t bytes = 0; batch->last < events.size() && (bytes < max_bytes || bytes == 0);) {
      const model::EventPtr &event = events[batch->last++];
      if (event == nullptr) continue;
      bytes += event->bytes();
      read_bytes += event->bytes();
      batch->events.push_back(event);
    }
    if (hold) return held.push_back(std::move(done));
    done(std::move(batch));
  }
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = events.size()}; }

  std::vector<model::EventPtr> events;
  size_t reads = 0;
  uint64_t read_bytes = 0;
  bool hold = false;
  std::deque<absl::AnyInvocable<void(store::EventBatchPtr)>> held;
};

class SubscriptionPreviewTest : public ControlTest {
 protected:
  SubscriptionPreviewTest() {
    EXPECT_TRUE(Create("orders", kUrl).ok());
    preview_ = std::make_unique<SubscriptionPreview>(*repository_, *types_[1], log_, clock_,
                                                     [this](absl::AnyInvocable<void()> task) {
                                                       if (stopped_) return false;
                                                       tasks_.push_back(std::move(task));
                                                       return true;
                                                     });
  }
  ~SubscriptionPreviewTest() override { tasks_.clear(); }

  void Add(std::string_view type, std::string payload = "{}", std::string_view tenant = "acme") {
    const std::string id = "e" + std::to_string(log_.events.size() + 1);
    auto event = model::Event::Create(
        {.id = id, .type = type, .tenant = tenant, .ordering_key = "", .payload = payload});
    event->Accept(log_.events.size() + 1,
                  base::FromUnixNanos(1'000'000'000) + std::chrono::seconds(log_.events.size()));
    log_.events.push_back(std::move(event));
  }
  absl::StatusOr<v1::PreviewSubscriptionResponse> Ask(const std::string &subscription,
                                                      const std::string &more = "") {
    const auto request =
        Made<v1::PreviewSubscriptionRequest>("parent: \"tenants/acme\" subscription { " +
                                             subscription + " destinations: \"orders\" } " + more);
    std::optional<absl::StatusOr<Answer>> told;
    preview_->Preview(request,
                      [&told](absl::StatusOr<Answer> answer) { told = std::move(answer); });
    while (!told && !tasks_.empty()) Step();
    if (!told) return absl::UnknownError("no answer");
    if (!told->ok()) return told->status();
    return static_cast<const v1::PreviewSubscriptionResponse &>(***told);
  }
  void Step() {
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  static std::vector<std::string> Ids(const v1::PreviewSubscriptionResponse &response) {
    std::vector<std::string> ids;
    for (const auto &result : response.results()) {
      ids.push_back((result.matched() ? "+" : "-") + result.event_id());
    }
    return ids;
  }

  TestLog log_;
  std::deque<absl::AnyInvocable<void()>> tasks_;
  bool stopped_ = false;
  std::unique_ptr<SubscriptionPreview> preview_;
};

constexpr char kSessions[] = "types: \"session.*\"";
constexpr char kInKamen[] =
    "types: \"session.*\" filter { payload: \"location\" equals { string_value: \"Kamen\" } }";

TEST_F(SubscriptionPreviewTest, NewestFirstWithWhatKeepsTheOthersOut) {
  Add("session.create", R"({"location":"Kamen"})");
  Add("session.create", R"({"location":"Graz"})");
  Add("sync.create");
  Add("session.create", R"({"location":"Kamen"})", "bell");
  Add("session.delete", R"({"location":"Kamen"})");
  const auto told = Ask(kInKamen);
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_THAT(Ids(*told), ElementsAre("+e5", "-e3", "-e2", "+e1"));
  EXPECT_EQ(told->scanned_count(), 4);
  EXPECT_EQ(told->matched_count(), 2);
  EXPECT_EQ(told->scanned_to_time().seconds(), 1);
  EXPECT_FALSE(told->bounded());
  EXPECT_EQ(told->results(1).failed_condition(), "types");
  EXPECT_EQ(told->results(1).found_value(), "sync.create");
  EXPECT_EQ(told->results(2).failed_condition(), "filter.equals");
  EXPECT_EQ(told->results(2).found_value(), "Graz");
  EXPECT_EQ(told->results(2).type(), "session.create");
  EXPECT_EQ(told->results(2).position(), 2);
  EXPECT_EQ(told->results(2).accept_time().seconds(), 2);
}

TEST_F(SubscriptionPreviewTest, OfALogWithoutEventsNothing) {
  const auto told = Ask(kSessions);
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->scanned_count(), 0);
  EXPECT_FALSE(told->bounded() || told->has_scanned_to_time());
}

TEST_F(SubscriptionPreviewTest, AsManyEventsAndResultsAsAreAskedFor) {
  for (int i = 0; i < 3000; ++i) Add(i % 2 == 0 ? "session.create" : "sync.create");
  const auto told = Ask(kSessions, "max_events: 100 max_results: 2");
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->scanned_count(), 100);
  EXPECT_EQ(told->matched_count(), 50);
  EXPECT_THAT(Ids(*told), ElementsAre("-e3000", "+e2999", "-e2998", "+e2997"));
  EXPECT_FALSE(told->bounded());
  EXPECT_EQ(Ask(kSessions)->scanned_count(), 1000);
  EXPECT_EQ(Ask(kSessions)->results_size(), 40);
  EXPECT_EQ(Ask(kSessions, "max_events: 10000")->scanned_count(), 3000);
}

TEST_F(SubscriptionPreviewTest, EventsThatAreGoneAreNoHindrance) {
  for (int i = 0; i < 100; ++i) Add("session.create");
  for (size_t i = 0; i < 90; ++i) log_.events[i] = nullptr;
  const auto told = Ask(kSessions);
  EXPECT_EQ(told->scanned_count(), 10);
  EXPECT_FALSE(told->bounded());
}

TEST_F(SubscriptionPreviewTest, LargeEventsAreReadInSmallPieces) {
  const std::string payload = "{\"m\":\"" + std::string(1u << 20, 'x') + "\"}";
  for (int i = 0; i < 200; ++i) Add("session.create", i < 100 ? payload : "{}");
  const auto told = Ask(kSessions);
  ASSERT_TRUE(told.ok());
  EXPECT_TRUE(told->bounded()) << "it read all of them";
  EXPECT_GT(told->scanned_count(), 110) << "and none of the large ones";
  EXPECT_LE(log_.read_bytes, SubscriptionPreview::kMaxBytes + (40u << 20));
}

TEST_F(SubscriptionPreviewTest, TheEventsOfOthersAreBoundedToo) {
  Add("session.create");
  for (uint64_t i = 0; i < SubscriptionPreview::kMaxPositions + 2000; ++i) {
    log_.events.push_back(nullptr);
  }
  const auto told = Ask(kSessions);
  EXPECT_EQ(told->scanned_count(), 0);
  EXPECT_TRUE(told->bounded());
}

TEST_F(SubscriptionPreviewTest, ItEndsInTime) {
  for (int i = 0; i < 3000; ++i) Add("session.create");
  const auto request = Made<v1::PreviewSubscriptionRequest>(
      "parent: \"tenants/acme\" subscription { types: \"*\" destinations: \"orders\" } "
      "max_events: 10000");
  std::optional<absl::StatusOr<Answer>> told;
  preview_->Preview(request, [&told](absl::StatusOr<Answer> answer) { told = std::move(answer); });
  Step();
  clock_.Advance(SubscriptionPreview::kMaxTime);
  while (!told && !tasks_.empty()) Step();
  ASSERT_TRUE(told && told->ok());
  const auto &response = static_cast<const v1::PreviewSubscriptionResponse &>(***told);
  EXPECT_TRUE(response.bounded());
  EXPECT_LT(response.scanned_count(), 3000);
  EXPECT_GT(response.scanned_count(), 0);
}

TEST_F(SubscriptionPreviewTest, WhereItWouldLeadNeedNotBeKnown) {
  Add("session.create");
  const auto request = Made<v1::PreviewSubscriptionRequest>(
      "parent: \"tenants/acme\" subscription { types: \"session.create\" }");
  std::optional<absl::StatusOr<Answer>> told;
  preview_->Preview(request, [&told](absl::StatusOr<Answer> answer) { told = std::move(answer); });
  while (!told && !tasks_.empty()) Step();
  ASSERT_TRUE(told && told->ok()) << told->status();
  EXPECT_EQ(static_cast<const v1::PreviewSubscriptionResponse &>(***told).matched_count(), 1);
}

TEST_F(SubscriptionPreviewTest, WrongRequestsAreRefused) {
  const auto field = [this](const std::string &subscription, const std::string &more = "") {
    return std::string(Ask(subscription, more).status().message());
  };
  EXPECT_THAT(field("types: \"nothing.like.it\""), StartsWith("subscription.types"));
  EXPECT_THAT(field("types: \"*\" filter { payload: \"a\" }"), StartsWith("subscription.filter"));
  EXPECT_THAT(field("types: \"*\" destinations: \"nobody\""),
              StartsWith("subscription.destinations"));
  EXPECT_THAT(field("types: \"*\" name: \"tenants/bell/subscriptions/s\""),
              StartsWith("subscription.name"));
  EXPECT_THAT(field("types: \"*\" name: \"s\""), StartsWith("subscription.name"));
  EXPECT_THAT(field(kSessions, "max_events: 10001"), StartsWith("max_events"));
  EXPECT_THAT(field(kSessions, "max_events: -1"), StartsWith("max_events"));
  EXPECT_THAT(field(kSessions, "max_results: 101"), StartsWith("max_results"));
  EXPECT_EQ(log_.reads, 0u);
  EXPECT_TRUE(Ask("types: \"*\" name: \"tenants/acme/subscriptions/s\"").ok());
}

TEST_F(SubscriptionPreviewTest, OneAtATimeAndTheEndIsAnAnswer) {
  Add("session.create");
  log_.hold = true;
  const auto request = Made<v1::PreviewSubscriptionRequest>(
      "parent: \"tenants/acme\" subscription { types: \"*\" destinations: \"orders\" }");
  std::optional<absl::Status> first;
  preview_->Preview(request, [&first](const auto &answer) { first = answer.status(); });
  EXPECT_EQ(aip::ReasonOf(Ask(kSessions).status()), v1::RATE_LIMITED);
  EXPECT_FALSE(first);
  log_.held.clear();  // the log was stopped
  ASSERT_TRUE(first);
  EXPECT_EQ(aip::ReasonOf(*first), v1::STOPPING);
  log_.hold = false;
  EXPECT_TRUE(Ask(kSessions).ok());
  stopped_ = true;  // nobody reads any more
  EXPECT_EQ(aip::ReasonOf(Ask(kSessions).status()), v1::STOPPING);
}

}  // namespace
}  // namespace carillon::control
