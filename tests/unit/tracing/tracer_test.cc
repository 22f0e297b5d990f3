// The queue and the thread of the exporter, before a collector that the test controls.
#include "carillon/tracing/tracer.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <sstream>

#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace carillon::tracing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What the collector does and has seen; outlives the tracer.
struct Collected {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Sent> answers;  ///< the next ones; all is well when there is none
  std::vector<size_t> requests;
  std::vector<milliseconds> timeouts;  ///< of each request
  bool held = false;
  bool cancelled = false;

  void Hold(bool hold) {
    const std::lock_guard lock(mutex);
    held = hold;
    changed.notify_all();
  }
  template <typename Condition>
  bool Wait(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(60), condition);
  }
};

class FakeTransport final : public SpanTransport {
 public:
  explicit FakeTransport(Collected& collected) : to_(collected) {}
  Sent Send(const std::string& request, milliseconds timeout) override {
    opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest parsed;
    EXPECT_TRUE(parsed.ParseFromString(request));
    EXPECT_GT(timeout.count(), 0);
    std::unique_lock lock(to_.mutex);
    to_.requests.push_back(
        static_cast<size_t>(parsed.resource_spans(0).scope_spans(0).spans_size()));
    to_.timeouts.push_back(timeout);
    to_.changed.notify_all();
    to_.changed.wait(lock, [this] { return !to_.held || to_.cancelled; });
    if (to_.cancelled) return {absl::CancelledError(""), true, 0};
    if (to_.answers.empty()) return {};
    const Sent answer = to_.answers.front();
    to_.answers.pop_front();
    return answer;
  }
  void Cancel() override {
    const std::lock_guard lock(to_.mutex);
    to_.cancelled = true;
    to_.changed.notify_all();
  }

 private:
  Collected& to_;
};

class TracerTest : public testing::Test {
 protected:
  void Start() {
    tracer_ = Tracer::Start(options_, std::make_unique<FakeTransport>(collected_), *logger_);
  }
  void Record(int spans) {
    for (int i = 0; i < spans; ++i) tracer_->Record(Span{});
  }
  bool Eventually(const std::function<bool(const Tracer::Stats&)>& holds) {
    const auto end = std::chrono::steady_clock::now() + seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      if (holds(tracer_->stats())) return true;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return false;
  }

  const base::SystemClock clock_;
  std::ostringstream out_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(out_, log::Level::kInfo, clock_);
  Collected collected_;
  TracerOptions options_{.max_queue = 100,
                         .max_batch = 10,
                         .interval = milliseconds(5),
                         .attempts = 3,
                         .backoff = milliseconds(1),
                         .grace = milliseconds(200)};
  std::unique_ptr<Tracer> tracer_;
};

TEST_F(TracerTest, ExportsInBatches) {
  Start();
  collected_.Hold(true);
  Record(1);
  ASSERT_TRUE(collected_.Wait([this] { return collected_.requests.size() == 1; }));
  Record(25);
  collected_.Hold(false);
  ASSERT_TRUE(Eventually([](const auto& stats) { return stats.exported == 26; }));
  EXPECT_EQ(collected_.requests, (std::vector<size_t>{1, 10, 10, 5}));
  EXPECT_EQ(collected_.timeouts, std::vector<milliseconds>(4, options_.timeout));
  EXPECT_EQ(tracer_->stats().dropped, 0u);
}

TEST_F(TracerTest, WhoRecordsNeverWaitsAndWhatDoesNotFitIsDropped) {
  Start();
  collected_.Hold(true);
  Record(1);
  ASSERT_TRUE(collected_.Wait([this] { return collected_.requests.size() == 1; }));
  Record(250);  // the collector is silent: this returns all the same
  EXPECT_EQ(tracer_->stats().dropped, 151u);
  collected_.Hold(false);
  ASSERT_TRUE(Eventually([](const auto& stats) { return stats.exported == 100; }));
  Record(3);  // there is room again
  ASSERT_TRUE(Eventually([](const auto& stats) { return stats.exported == 103; }));
  EXPECT_EQ(tracer_->stats().dropped, 151u);
}

TEST_F(TracerTest, TriesAgainWhatMayBeTriedAgain) {
  const Sent again{absl::UnavailableError("away"), true, 0};
  collected_.answers = {again, again};
  Start();
  Record(2);
  ASSERT_TRUE(Eventually([](const auto& stats) { return stats.exported == 2; }));
  EXPECT_EQ(collected_.requests.size(), 3u);
  {
    const std::lock_guard lock(collected_.mutex);
    collected_.answers = {again, again, again};
  }
  Record(4);
  ASSERT_TRUE(Eventually([](const auto& stats) { return stats.dropped == 4; }));
  tracer_.reset();
  logger_->Flush(seconds(10));
  EXPECT_NE(out_.str().find("spans are lost"), std::string::npos);
}

TEST_F(TracerTest, CountsWhatTheCollectorDoesNotWant) {
  collected_.answers = {{absl::InvalidArgumentError("no"), false, 0}, {absl::OkStatus(), false, 2}};
  Start();
  Record(3);
  ASSERT_TRUE(Eventually([](const auto& stats) { return stats.rejected == 3; }));
  Record(5);
  ASSERT_TRUE(Eventually([](const auto& stats) { return stats.exported == 3; }));
  EXPECT_EQ(tracer_->stats().rejected, 5u);
}

TEST_F(TracerTest, AtTheEndWhatIsLeftIsSent) {
  options_.interval = seconds(3600);
  options_.grace = seconds(60);
  Start();
  Record(7);
  tracer_.reset();
  EXPECT_EQ(collected_.requests, std::vector<size_t>{7});
}

TEST_F(TracerTest, AtTheEndARequestHasNoMoreTimeThanTheGrace) {
  options_.interval = seconds(3600);
  options_.timeout = seconds(3600);
  options_.grace = seconds(60);
  Start();
  Record(7);
  tracer_.reset();
  ASSERT_EQ(collected_.timeouts.size(), 1u);
  EXPECT_LE(collected_.timeouts[0], options_.grace);
}

TEST_F(TracerTest, AtTheEndASilentCollectorIsNotWaitedForForEver) {
  Start();
  collected_.Hold(true);
  Record(1);
  ASSERT_TRUE(collected_.Wait([this] { return collected_.requests.size() == 1; }));
  Record(30);
  tracer_.reset();  // ends
  EXPECT_TRUE(collected_.cancelled);
}

}  // namespace
}  // namespace carillon::tracing
