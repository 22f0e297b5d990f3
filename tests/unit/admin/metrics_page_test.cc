// The page /metrics.
#include "carillon/admin/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "carillon/admin/pages.h"
#include "fake_request.h"

namespace carillon::admin {
namespace {

web::Response Await(web::FakeRequest& request) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < give_up) {
    if (std::optional<web::Response> answer = request.answer()) return *std::move(answer);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {.status = 0, .body = "no answer"};
}

/// A scrape that takes until it is let go.
class Slow {
 public:
  std::string Render() {
    const int nth = ++begun_;
    if (nth == 1) {
      started_.set_value();
      go_.get_future().wait();
    }
    return "page " + std::to_string(nth);
  }
  void AwaitStart() { started_.get_future().wait(); }
  void Go() { go_.set_value(); }
  int begun() const { return begun_; }

 private:
  std::atomic<int> begun_{0};
  std::promise<void> started_, go_;
};

TEST(MetricsPage, HoldsUpNoOtherPage) {
  Slow slow;
  MetricsPage page([&] { return slow.Render(); });
  const Health health;
  const Pages pages(health, [&](web::Responder r) { page.Answer(std::move(r)); });
  web::Routes routes;
  pages.AddTo(routes);
  web::FakeRequest scrape, look;
  routes.Find("/metrics")->handler({}, scrape.responder());
  slow.AwaitStart();
  routes.Find("/healthz")->handler({}, look.responder());
  EXPECT_EQ(look.answer()->status, 200);
  EXPECT_EQ(scrape.answer(), std::nullopt);
  slow.Go();
  const web::Response reply = Await(scrape);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.bytes(), "page 1");
}

TEST(MetricsPage, ThoseWhoAskMeanwhileShareTheNext) {
  Slow slow;
  MetricsPage page([&] { return slow.Render(); });
  std::vector<web::FakeRequest> requests(4);
  page.Answer(requests[0].responder());
  slow.AwaitStart();
  for (size_t i = 1; i < requests.size(); ++i) page.Answer(requests[i].responder());
  slow.Go();
  EXPECT_EQ(Await(requests[0]).bytes(), "page 1");
  for (size_t i = 1; i < requests.size(); ++i) EXPECT_EQ(Await(requests[i]).bytes(), "page 2");
  EXPECT_EQ(slow.begun(), 2);
}

TEST(MetricsPage, HasABoundOnThoseWhoWait) {
  Slow slow;
  MetricsPage page([&] { return slow.Render(); });
  web::FakeRequest first, last;
  page.Answer(first.responder());
  slow.AwaitStart();
  std::vector<web::FakeRequest> waiting(MetricsPage::kMaxWaiting);
  for (web::FakeRequest& request : waiting) page.Answer(request.responder());
  page.Answer(last.responder());
  EXPECT_EQ(last.answer()->status, 503);
  slow.Go();
  for (web::FakeRequest& request : waiting) EXPECT_EQ(Await(request).status, 200);
}

TEST(MetricsPage, AnswersAndRendersNothingAfterItsEnd) {
  Slow slow;
  MetricsPage page([&] { return slow.Render(); });
  web::FakeRequest under_way, waiting, late;
  page.Answer(under_way.responder());
  slow.AwaitStart();
  page.Answer(waiting.responder());
  std::thread stop([&] { page.Stop(); });
  EXPECT_EQ(Await(waiting).status, 503);
  slow.Go();
  stop.join();
  EXPECT_EQ(Await(under_way).status, 200);
  page.Answer(late.responder());
  EXPECT_EQ(late.answer()->status, 503);
  EXPECT_EQ(slow.begun(), 1);
}

}  // namespace
}  // namespace carillon::admin
