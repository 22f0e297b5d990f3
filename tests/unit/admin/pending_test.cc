// The page /pending.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/admin/pages.h"
#include "carillon/base/text.h"
#include "fake_request.h"
#include "pending_support.h"

namespace carillon::admin {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(PendingPage, HasThoseWithMostLeftFirstAndABound) {
  const std::string page =
      PageOf({.destinations = {Left("none", 0), Left("some", 3), Left("far", 0, std::nullopt)},
              .next_position = 90},
             2);
  const json read = json::parse(page);
  EXPECT_EQ(read["left_out"], 2);
  EXPECT_EQ(read["left_out_deliveries"], 3);
  EXPECT_EQ(read["next_position"], 90);
  ASSERT_EQ(read["destinations"].size(), 1u);
  EXPECT_EQ(read["destinations"][0]["name"], "far");
  EXPECT_TRUE(read["destinations"][0]["behind"].is_null());
  EXPECT_EQ(read["destinations"][0]["behind_from"], 5);
  EXPECT_EQ(read["start_sections"].size(), resource::StartSections({}).size());
}

TEST(PendingPage, TellsEachFigureUnderItsName) {
  const json page = json::parse(PageOf({.destinations = {{.tenant = "t",
                                                          .name = "all",
                                                          .parked = 1,
                                                          .in_memory = 2,
                                                          .in_flight = 3,
                                                          .behind = 4}}}));
  EXPECT_EQ(page["destinations"][0], json::parse(R"({"tenant": "t", "name": "all", "parked": 1,
      "in_memory": 2, "in_flight": 3, "behind": 4})"));
  EXPECT_EQ(page["version"], CARILLON_VERSION);
  EXPECT_EQ(page["at"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(page["left_out"], 0);
  EXPECT_EQ(page["left_out_deliveries"], 0);
}

TEST(PendingPage, SortsByAllThatIsLeftAndThenByName) {
  const json page =
      json::parse(PageOf({.destinations = {Left("b", 3),
                                           Left("a", 1, 2),
                                           Left("least", 0),
                                           {.tenant = "s", .name = "z", .in_memory = 3},
                                           {.tenant = "t", .name = "most", .in_flight = 9}}}));
  std::vector<std::string> names;
  for (const json& destination : page["destinations"]) names.push_back(destination["name"]);
  EXPECT_THAT(names, testing::ElementsAre("most", "z", "a", "b", "least"));
}

class PendingPageTest : public testing::Test {
 protected:
  void Counted(model::PendingReport report = {}) { std::exchange(answer_, nullptr)(report); }

  base::SimulatedClock clock_;
  int counts_ = 0;
  absl::AnyInvocable<void(model::PendingReport)> answer_;
  std::vector<absl::AnyInvocable<void()>> posted_;
  bool post_later_ = false;
  PendingPage page_{[this](absl::AnyInvocable<void(model::PendingReport)> done) {
                      ++counts_;
                      answer_ = std::move(done);
                    },
                    [this](absl::AnyInvocable<void()> work) {
                      if (!post_later_) return work();
                      posted_.push_back(std::move(work));
                    },
                    {},
                    clock_};
};

TEST_F(PendingPageTest, EverybodyWhoWaitsIsAnsweredByOneCount) {
  web::FakeRequest one, two;
  page_.Answer(one.responder());
  page_.Answer(two.responder());
  EXPECT_EQ(counts_, 1);
  EXPECT_FALSE(one.answer().has_value()) << "nobody waits for it on this thread";
  Counted({.destinations = {Left("one", 1)}, .next_position = 2});
  for (web::FakeRequest* request : {&one, &two}) {
    ASSERT_TRUE(request->answer().has_value());
    EXPECT_EQ(request->answer()->status, 200);
    EXPECT_EQ(request->answer()->content_type, "application/json");
    EXPECT_THAT(std::string(request->answer()->bytes()), HasSubstr("\"parked\":1"));
  }
  web::FakeRequest next;
  page_.Answer(next.responder());
  EXPECT_EQ(counts_, 2) << "what was shown is not shown again";
}

TEST_F(PendingPageTest, ItIsRenderedOnItsOwnThread) {
  post_later_ = true;
  web::FakeRequest request;
  page_.Answer(request.responder());
  Counted();
  EXPECT_FALSE(request.answer().has_value());
  ASSERT_EQ(posted_.size(), 1u);
  posted_[0]();
  EXPECT_TRUE(request.answer().has_value());
}

TEST_F(PendingPageTest, WhatTakesLongIsShownToTheNextWhoAsks) {
  web::FakeRequest impatient, second, third, fourth;
  page_.Answer(impatient.responder());
  impatient.Leave();
  page_.Answer(second.responder());
  second.Leave();
  EXPECT_EQ(counts_, 1) << "one at a time";
  Counted({.destinations = {Left("one", 1)}, .next_position = 2});
  page_.Answer(third.responder());
  ASSERT_TRUE(third.answer().has_value());
  EXPECT_THAT(third.answer()->body, HasSubstr("\"parked\":1"));
  page_.Answer(fourth.responder());
  EXPECT_FALSE(fourth.answer().has_value());
  EXPECT_EQ(counts_, 2) << "shown once";
  EXPECT_FALSE(impatient.answer().has_value());
}

TEST_F(PendingPageTest, WhatNobodyFetchedInTimeIsCountedAgain) {
  web::FakeRequest first, second, third;
  page_.Answer(first.responder());
  first.Leave();
  Counted();
  clock_.Advance(PendingPage::kFresh + std::chrono::nanoseconds(1));
  page_.Answer(second.responder());
  EXPECT_FALSE(second.answer().has_value()) << "what it was is not what it is";
  EXPECT_EQ(counts_, 2);
  second.Leave();
  Counted();
  clock_.Advance(PendingPage::kFresh);
  page_.Answer(third.responder());
  EXPECT_TRUE(third.answer().has_value());
}

TEST_F(PendingPageTest, TellsWhenItWasCounted) {
  web::FakeRequest first, second;
  page_.Answer(first.responder());
  first.Leave();
  clock_.Advance(std::chrono::hours(1));  // counting takes long
  const std::string at = base::FormatRfc3339(clock_.Wall());
  Counted();
  clock_.Advance(PendingPage::kFresh);
  page_.Answer(second.responder());
  ASSERT_TRUE(second.answer().has_value());
  EXPECT_EQ(json::parse(second.answer()->bytes())["at"], at);
}

TEST(PendingPage, IsOneOfThePages) {
  const Health health;
  const auto get = [](const Pages& pages) {
    web::Routes routes;
    pages.AddTo(routes);
    const web::Route* const route = routes.Find("/pending");
    EXPECT_EQ(route->answer_timeout, PendingPage::kPatience);
    EXPECT_EQ(route->timeout_response.status, 503);
    EXPECT_THAT(route->timeout_response.body, HasSubstr("ask again"));
    web::FakeRequest request;
    route->handler({}, request.responder());
    return request.answer();
  };
  EXPECT_EQ(get(Pages(health))->status, 503);
  EXPECT_EQ(get(Pages(health, nullptr, [](web::Responder r) { r.Reply({}); }))->status, 200);
  EXPECT_FALSE(get(Pages(health, nullptr,
                         [kept = std::make_shared<std::optional<web::Responder>>()](
                             web::Responder r) { *kept = std::move(r); })));
}

}  // namespace
}  // namespace carillon::admin
