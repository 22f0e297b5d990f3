// Looking at events: what is found, in which order, within which bounds.

#include "carillon/control/event_methods.h"

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control_fixtures.h"

namespace carillon::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kStart = 1'700'000'000;

/// Events at positions from 1 on; null: it is gone.
class EventsOfTest final : public store::EventLog {
 public:
  void AddConsumer(store::Consumer *) override {}
  void RemoveConsumer(store::Consumer *) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t from, size_t max_bytes,
            absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    if (clock != nullptr) clock->Advance(takes);
    auto batch = std::make_shared<store::EventBatch>(store::EventBatch{{}, from, from - 1});
    for (size_t bytes = 0; batch->last < events.size() && (bytes < max_bytes || bytes == 0);) {
      const model::EventPtr &event = events[batch->last++];
      if (event == nullptr) continue;
      bytes += event->bytes();
      batch->events.push_back(event);
    }
    if (hold) return held.push_back(std::move(done));
    done(std::move(batch));
  }
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = events.size()}; }

  std::vector<model::EventPtr> events;
  base::SimulatedClock *clock = nullptr;
  std::chrono::milliseconds takes{0};  ///< each read
  bool hold = false;
  std::deque<absl::AnyInvocable<void(store::EventBatchPtr)>> held;
};

/// Attempts as they were made, the newest last.
class AttemptsOfTest final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry &) override {}
  void Find(deliverylog::Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    if (!failure.ok()) return done(failure);
    deliverylog::Page page;
    for (size_t i = records.size(); i > 0; --i) {
      const deliverylog::Record &record = records[i - 1];
      const bool meant = i < query.before && record.tenant == query.tenant &&
                         (!query.event_id || record.event_id == *query.event_id) &&
                         (!query.position || record.figures.position == *query.position);
      if (!meant) continue;
      if (page.records.size() == page_size) {
        page.next = i + 1;
        break;
      }
      page.records.push_back(record);
    }
    done(std::move(page));
  }
  void AddAll(std::span<const deliverylog::Entry> entries,
              absl::AnyInvocable<void(absl::Status)> done) override {
    for (const deliverylog::Entry &entry : entries) Add(0, entry);
    done(absl::OkStatus());
  }
  void Flush() override {}
  deliverylog::LogFigures figures() const override { return {}; }

  std::vector<deliverylog::Record> records;
  size_t page_size = 1000;
  absl::Status failure;
};

class EventMethodsTest : public ControlTest {
 protected:
  EventMethodsTest() { Open(); }
  ~EventMethodsTest() override { tasks_.clear(); }

  void Open(bool log = true) {
    methods_ = std::make_unique<EventMethods>(
        *repository_, EventSources{events_, log ? &attempts_ : nullptr, clock_,
                                   [this](absl::AnyInvocable<void()> task) {
                                     if (stopped_) return false;
                                     tasks_.push_back(std::move(task));
                                     return true;
                                   }});
  }
  uint64_t Add(const std::string &id, const std::string &type = "order.paid",
               const std::string &tenant = "acme", const std::string &payload = "{}") {
    const uint64_t position = events_.events.size() + 1;
    auto event = model::Event::Create({.id = id,
                                       .type = type,
                                       .tenant = tenant,
                                       .ordering_key = "",
                                       .attributes = {{"shop", position % 2 == 0 ? "a" : "b"}},
                                       .payload = payload});
    event->Accept(position,
                  base::WallTime(std::chrono::seconds(kStart + static_cast<int64_t>(position))));
    events_.events.push_back(std::move(event));
    return position;
  }
  void Try(const std::string &destination, uint64_t position, const std::string &id) {
    deliverylog::Record record;
    record.figures.position = position;
    record.tenant = "acme";
    record.destination = destination;
    record.event_id = id;
    attempts_.records.push_back(record);
  }
  void Work() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  template <typename Response, typename Call>
  absl::StatusOr<Response> Ask(Call call) {
    std::optional<absl::StatusOr<Answer>> told;
    call([&told](absl::StatusOr<Answer> answer) { told = std::move(answer); });
    Work();
    if (!told) return absl::UnknownError("no answer");
    if (!told->ok()) return told->status();
    return static_cast<const Response &>(***told);
  }
  absl::StatusOr<v1::Event> Get(const std::string &id, v1::EventView view = {}) {
    v1::GetEventRequest request;
    request.set_name("tenants/acme/events/" + id);
    request.set_view(view);
    return Ask<v1::Event>([&](auto done) { methods_->Get(request, std::move(done)); });
  }
  absl::StatusOr<v1::ListEventsResponse> List(const std::string &text) {
    auto request = Made<v1::ListEventsRequest>(text);
    if (request.parent().empty()) request.set_parent("tenants/acme");
    return Ask<v1::ListEventsResponse>(
        [&](auto done) { methods_->List(request, caller_, std::move(done)); });
  }
  absl::StatusOr<v1::ExplainEventResponse> Explain(const std::string &id) {
    v1::ExplainEventRequest request;
    request.set_name("tenants/acme/events/" + id);
    return Ask<v1::ExplainEventResponse>(
        [&](auto done) { methods_->Explain(request, std::move(done)); });
  }
  static std::vector<std::string> Ids(const v1::ListEventsResponse &response) {
    std::vector<std::string> ids;
    for (const auto &event : response.events()) ids.push_back(event.id());
    return ids;
  }
  std::vector<std::string> Ids(const std::string &text) {
    const auto told = List(text);
    EXPECT_TRUE(told.ok()) << told.status();
    return told.ok() ? Ids(*told) : std::vector<std::string>();
  }
  /// All pages, and how many there were.
  std::vector<std::string> Pages(const std::string &text, int &pages) {
    std::vector<std::string> ids;
    std::string token;
    for (pages = 0; pages == 0 || !token.empty(); ++pages) {
      const auto told = List(text + " page_token: \"" + token + "\"");
      EXPECT_TRUE(told.ok()) << told.status();
      if (!told.ok()) break;
      for (const auto &event : told->events()) ids.push_back(event.id());
      token = told->next_page_token();
    }
    return ids;
  }

  EventsOfTest events_;
  AttemptsOfTest attempts_;
  std::deque<absl::AnyInvocable<void()>> tasks_;
  bool stopped_ = false;
  Caller caller_{.principal = "tokens/a", .tenants = {"acme"}};
  std::unique_ptr<EventMethods> methods_;
};

TEST_F(EventMethodsTest, AnEventIsFoundAtItsPosition) {
  Add("e1", "order.paid", "acme", R"({"n":9007199254740993})");
  Add("e1");
  const auto event = Get("e1@1");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->name(), "tenants/acme/events/e1@1");
  EXPECT_EQ(event->json(), R"({"n":9007199254740993})");
  EXPECT_EQ(event->accept_time().seconds(), kStart + 1);
  EXPECT_FALSE(Get("e1@1", v1::EVENT_VIEW_BASIC)->has_json());
  EXPECT_EQ(Get("e1@1", v1::EVENT_VIEW_BASIC)->payload_bytes(), 22u);
}

TEST_F(EventMethodsTest, WhatIsElsewhereOrOfAnotherIsNotFound) {
  Add("e1");
  Add("e2", "order.paid", "other");
  events_.events.push_back(nullptr);
  for (const char *name : {"e2@1", "e2@2", "e2", "e1@3", "e1@4", "e1@18446744073709551615", "x"}) {
    EXPECT_EQ(aip::ReasonOf(Get(name).status()), v1::RESOURCE_NOT_FOUND) << name;
  }
  for (const char *name : {"e1@", "@1", "e1@x", "e1@1@1", "", "e1/1", "e1@0"}) {
    EXPECT_EQ(aip::ReasonOf(Get(name).status()), v1::FIELD_INVALID) << name;
  }
}

TEST_F(EventMethodsTest, WithoutPositionTheNewestOfTheIdIsMeant) {
  Add("e1");
  Add("e1");
  for (int i = 0; i < 500; ++i) Add("x" + std::to_string(i));
  EXPECT_EQ(Get("e1")->position(), 2u) << "the log knows nothing of it";
  Try("orders", 1, "e1");
  EXPECT_EQ(Get("e1")->position(), 2u) << "the log knows an older one";
  Try("orders", 2, "e1");
  Try("orders", 1, "e1");  // resent
  EXPECT_EQ(Get("e1")->position(), 2u);
  attempts_.failure = absl::UnavailableError("torn");
  EXPECT_EQ(Get("e1")->position(), 2u);
  Open(false);
  EXPECT_EQ(Get("e1")->position(), 2u);
}

TEST_F(EventMethodsTest, ASearchForAnIdIsBoundedAndSaysHowFarItLooked) {
  Add("e1");
  for (int i = 0; i < 5000; ++i) Add("x");
  events_.clock = &clock_;
  events_.takes = std::chrono::milliseconds(200);
  const auto status = Get("e1").status();
  EXPECT_EQ(aip::ReasonOf(status), v1::RESOURCE_NOT_FOUND);
  EXPECT_THAT(status.message(), HasSubstr("accepted since 2023-11-14T"));
  Try("orders", 1, "e1");
  EXPECT_EQ(Get("e1")->position(), 1u) << "the log knows it";
}

TEST_F(EventMethodsTest, ListsInTheOrderOfTheJournal) {
  for (int i = 1; i <= 3; ++i) Add("e" + std::to_string(i));
  Add("o1", "order.paid", "other");
  EXPECT_THAT(Ids(""), ElementsAre("e3", "e2", "e1"));
  EXPECT_THAT(Ids("order_by: \"accept_time\""), ElementsAre("e1", "e2", "e3"));
  EXPECT_THAT(Ids("order_by: \"accept_time desc\" page_size: 2"), ElementsAre("e3", "e2"));
  const auto told = List("view: EVENT_VIEW_FULL");
  EXPECT_EQ(told->events(0).json(), "{}");
  EXPECT_FALSE(List("")->events(0).has_json());
  EXPECT_EQ(told->scanned_to_time().seconds(), kStart + 1);
  EXPECT_EQ(told->next_page_token(), "");
  events_.events.clear();
  EXPECT_THAT(Ids(""), IsEmpty());
}

TEST_F(EventMethodsTest, CallersSeeTheirTenants) {
  Add("e1");
  Add("e2", "a", "other");
  Add("e3", "a", "third");
  EXPECT_THAT(Ids("parent: \"tenants/-\""), ElementsAre("e1"));
  caller_.tenants = {"acme", "other"};
  EXPECT_THAT(Ids("parent: \"tenants/-\""), ElementsAre("e2", "e1"));
  EXPECT_THAT(Ids("parent: \"tenants/other\""), ElementsAre("e2"));
  caller_.tenants = {"-"};
  EXPECT_THAT(Ids("parent: \"tenants/-\""), ElementsAre("e3", "e2", "e1"));
}

TEST_F(EventMethodsTest, EveryPageGoesOnWhereTheOneBeforeEnded) {
  for (int i = 1; i <= 500; ++i) Add("e" + std::to_string(i), i % 3 == 0 ? "list.created" : "a.b");
  for (const char *order : {"accept_time", "accept_time desc"}) {
    for (const int size : {1, 7, 50, 500}) {
      int pages = 0;
      const auto ids = Pages("filter: \"type = 'a.b'\" order_by: \"" + std::string(order) +
                                 "\" page_size: " + std::to_string(size),
                             pages);
      ASSERT_EQ(ids.size(), 334u);
      EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 334u);
      EXPECT_EQ(ids.front() == "e1", std::string(order) == "accept_time");
      EXPECT_GE(pages, 334 / size);
    }
  }
}

TEST_F(EventMethodsTest, WhatIsAcceptedOrRemovedMeanwhileMovesNothing) {
  for (int i = 1; i <= 6; ++i) Add("e" + std::to_string(i));
  for (const char *order : {"accept_time", "accept_time desc"}) {
    const std::string text = "page_size: 2 order_by: \"" + std::string(order) + "\"";
    const auto first = List(text);
    ASSERT_TRUE(first.ok());
    const size_t count = events_.events.size();
    Add("new");
    const auto gone = events_.events[0];
    events_.events[0] = nullptr;
    std::vector<std::string> ids = Ids(*first);
    std::string token = first->next_page_token();
    while (!token.empty()) {
      const auto next = List(text + " page_token: \"" + token + "\"");
      ASSERT_TRUE(next.ok()) << next.status();
      for (const auto &event : next->events()) ids.push_back(event.id());
      token = next->next_page_token();
    }
    const bool up = std::string(order) == "accept_time";
    EXPECT_EQ(ids.size(), up ? 6u : 5u) << "new ones are not on it";
    EXPECT_EQ(std::count(ids.begin(), ids.end(), "new"), 0);
    events_.events.resize(count);
    events_.events[0] = gone;
  }
}

TEST_F(EventMethodsTest, OnePageLeadsBackToTheOneBefore) {
  for (int i = 1; i <= 9; ++i) Add("e" + std::to_string(i));
  for (const char *order : {"accept_time", "accept_time desc"}) {
    const std::string text = "page_size: 2 order_by: \"" + std::string(order) + "\"";
    std::vector<v1::ListEventsResponse> pages{*List(text)};
    while (!pages.back().next_page_token().empty()) {
      pages.push_back(*List(text + " page_token: \"" + pages.back().next_page_token() + "\""));
    }
    ASSERT_EQ(pages.size(), 5u);
    Add("new");
    for (size_t i = pages.size() - 1; i > 0; --i) {
      const auto back = List(text + " page_token: \"" + pages[i].previous_page_token() + "\"");
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(Ids(*back), Ids(pages[i - 1]));
    }
    EXPECT_EQ(pages[0].previous_page_token(), "");
    events_.events.pop_back();
  }
}

TEST_F(EventMethodsTest, FiltersCompareEachField) {
  for (int i = 1; i <= 40; ++i) Add("e" + std::to_string(i), i % 2 == 0 ? "order.paid" : "a.b");
  EXPECT_THAT(Ids("filter: \"id = 'e7'\""), ElementsAre("e7"));
  EXPECT_EQ(Ids("filter: \"id = 'e1*'\"").size(), 11u);
  EXPECT_EQ(Ids("filter: \"type = 'order.*' AND attributes.shop = 'a'\"").size(), 20u);
  EXPECT_EQ(Ids("filter: \"type = 'order.paid' OR id = 'e1'\"").size(), 21u);
  EXPECT_THAT(Ids("filter: \"NOT id = 'e*'\""), IsEmpty());
  EXPECT_THAT(Ids("filter: \"position = 5\""), ElementsAre("e5"));
  EXPECT_THAT(Ids("filter: \"position > 5 AND position <= 7\""), ElementsAre("e7", "e6"));
  EXPECT_THAT(Ids("filter: \"position >= 39 AND position != 40\""), ElementsAre("e39"));
  EXPECT_THAT(Ids("filter: \"position < 2\""), ElementsAre("e1"));
  EXPECT_THAT(Ids("filter: \"position > 7 AND position < 3\""), IsEmpty());
  EXPECT_THAT(Ids("filter: \"position > 18446744073709551615\""), IsEmpty());
  EXPECT_THAT(Ids("filter: \"payload_bytes > 2\""), IsEmpty());
  EXPECT_THAT(Ids("filter: \"accept_time >= 2023-11-14T22:13:58Z\""),
              ElementsAre("e40", "e39", "e38"));
  EXPECT_THAT(Ids("filter: \"accept_time < 2023-11-14T22:13:22Z\" order_by: \"accept_time\""),
              ElementsAre("e1"));
  EXPECT_THAT(Ids("filter: \"accept_time > 2023-11-14T22:13:30Z AND accept_time <= "
                  "2023-11-14T22:13:32Z\" page_size: 1"),
              ElementsAre("e12"));
  EXPECT_THAT(Ids("filter: \"accept_time = 2023-11-14T22:13:30Z\""), ElementsAre("e10"));
}

TEST_F(EventMethodsTest, BadRequestsNameTheField) {
  const auto reason = [&](const std::string &text) { return aip::ReasonOf(List(text).status()); };
  EXPECT_EQ(reason("parent: \"acme\""), v1::FIELD_INVALID);
  EXPECT_EQ(reason("page_size: -1"), v1::FIELD_INVALID);
  EXPECT_EQ(reason("order_by: \"id\""), v1::ORDER_BY_INVALID);
  EXPECT_EQ(reason("filter: \"json = 'x'\""), v1::FILTER_INVALID);
  EXPECT_EQ(reason("filter: \"position = 'x'\""), v1::FILTER_INVALID);
  EXPECT_EQ(reason("page_token: \"x\""), v1::PAGE_TOKEN_INVALID);
}

TEST_F(EventMethodsTest, ATokenIsForTheSameListOnly) {
  Add("e1");
  Add("e2");
  const std::string token = List("page_size: 1")->next_page_token();
  const auto reason = [&](const std::string &text) {
    return aip::ReasonOf(List(text + " page_token: \"" + token + "\"").status());
  };
  EXPECT_TRUE(List("page_token: \"" + token + "\"").ok());
  EXPECT_EQ(reason("filter: \"id = 'e1'\""), v1::PAGE_TOKEN_INVALID);
  EXPECT_EQ(reason("order_by: \"accept_time\""), v1::PAGE_TOKEN_INVALID);
  EXPECT_EQ(reason("parent: \"tenants/-\""), v1::PAGE_TOKEN_INVALID);
  caller_.tenants = {"other"};
  EXPECT_EQ(reason(""), v1::PAGE_TOKEN_INVALID);
}

TEST_F(EventMethodsTest, AShortPageSaysHowFarItLooked) {
  Add("e1", "rare");
  for (int i = 0; i < 5000; ++i) Add("x");
  events_.clock = &clock_;
  events_.takes = std::chrono::milliseconds(15);
  const auto told = List("filter: \"type = 'rare'\"");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->events_size(), 0);
  EXPECT_NE(told->next_page_token(), "");
  EXPECT_EQ(told->scanned_to_time().seconds(), kStart + 5001 - (16 + 64 + 256) + 1);
  events_.takes = std::chrono::seconds(1);
  int pages = 0;
  EXPECT_THAT(Pages("filter: \"type = 'rare'\"", pages), ElementsAre("e1"))
      << "however slow, each page gets further";
  EXPECT_GT(pages, 3);
}

TEST_F(EventMethodsTest, NoPageLooksAtMoreThanItsBound) {
  Add("e1", "rare");
  events_.events.resize(EventMethods::kMaxPositions + 2000);  // removed meanwhile
  Add("x");
  int pages = 0;
  EXPECT_THAT(Pages("filter: \"type = 'rare'\"", pages), ElementsAre("e1"));
  EXPECT_EQ(pages, 2);
}

TEST_F(EventMethodsTest, WithPayloadsAPageIsBoundedInBytes) {
  const std::string large = "\"" + std::string(900 << 10, 'x') + "\"";
  for (int i = 1; i <= 5; ++i) Add("e" + std::to_string(i), "a", "acme", large);
  Add("e6", "a", "acme", "\"" + std::string(3 << 20, 'x') + "\"");
  EXPECT_THAT(Ids("view: EVENT_VIEW_FULL"), ElementsAre("e6"));
  int pages = 0;
  EXPECT_THAT(Pages("view: EVENT_VIEW_FULL", pages),
              ElementsAre("e6", "e5", "e4", "e3", "e2", "e1"));
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(Ids("").size(), 6u);
  for (int i = 0; i < 600; ++i) Add("x");
  EXPECT_EQ(Ids("view: EVENT_VIEW_FULL page_size: 1000").size(), 50u);
  EXPECT_EQ(Ids("page_size: 1000").size(), 500u);
}

TEST_F(EventMethodsTest, SoManySearchAtOnceAndNoMore) {
  Add("e1");
  events_.hold = true;
  std::vector<absl::StatusOr<Answer>> told;
  const auto ask = [&] {
    methods_->List(Made<v1::ListEventsRequest>("parent: \"tenants/acme\""), caller_,
                   [&](absl::StatusOr<Answer> answer) { told.push_back(std::move(answer)); });
  };
  for (size_t i = 0; i < EventMethods::kMaxWalks; ++i) ask();
  EXPECT_THAT(told, IsEmpty());
  ask();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(aip::ReasonOf(told.front().status()), v1::RATE_LIMITED);
  stopped_ = true;
  events_.held.clear();
  ASSERT_EQ(told.size(), 5u) << "what is dropped is answered";
  EXPECT_EQ(aip::ReasonOf(told.back().status()), v1::STOPPING);
  events_.hold = false;
  stopped_ = false;
  EXPECT_THAT(Ids(""), ElementsAre("e1")) << "its place is free again";
}

TEST_F(EventMethodsTest, AnEventIsExplainedByWhatThereIsNow) {
  const uint64_t position = Add("e1");
  clock_.Advance(std::chrono::seconds(100));
  ASSERT_TRUE(Create("orders", kUrl).ok());
  Try("in-file", position, "e1");
  const auto told = Explain("e1");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->event(), "tenants/acme/events/e1@1");
  ASSERT_EQ(told->routes_size(), 2);
  EXPECT_EQ(told->routes(0).destination(), "tenants/acme/destinations/in-file");
  EXPECT_EQ(told->routes(0).reason(), v1::ExplainEventResponse::Route::CHANGED_SINCE);
  EXPECT_EQ(told->routes(0).delivery(), "tenants/acme/destinations/in-file/deliveries/1");
  EXPECT_EQ(told->routes(1).reason(), v1::ExplainEventResponse::Route::TYPE_NOT_SUBSCRIBED);
  EXPECT_EQ(aip::ReasonOf(Explain("e2").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Explain("e@x").status()), v1::FIELD_INVALID);
  attempts_.failure = absl::UnavailableError("torn");
  EXPECT_EQ(aip::ReasonOf(Explain("e1@1").status()), v1::STORE_UNAVAILABLE);
  Open(false);
  EXPECT_EQ(Explain("e1")->routes(0).delivery(), "");
}

TEST_F(EventMethodsTest, AllPagesOfTheLogAreAsked) {
  const uint64_t position = Add("e1");
  for (int i = 0; i < 20; ++i) Try("d" + std::to_string(i), position, "e1");
  attempts_.page_size = 3;
  EXPECT_EQ(Explain("e1@1")->routes_size(), 21);
}

TEST_F(EventMethodsTest, ASubscriptionMadeSinceIsNoReasonForADelivery) {
  Add("e1", "session.create");
  clock_.Advance(std::chrono::seconds(100));
  ASSERT_TRUE(Create("orders", kUrl).ok());
  ASSERT_TRUE(Subscribe("sessions", "types: \"session.*\" destinations: \"orders\"").ok());
  const auto told = Explain("e1");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->routes(1).reason(), v1::ExplainEventResponse::Route::CHANGED_SINCE);
  EXPECT_EQ(told->routes(1).subscription(), "tenants/acme/subscriptions/sessions");
  auto after = model::Event::Create(
      {.id = "e2", .type = "session.create", .tenant = "acme", .payload = "{}"});
  after->Accept(2, clock_.Wall() + std::chrono::seconds(1));
  events_.events.push_back(std::move(after));
  EXPECT_EQ(Explain("e2")->routes(1).reason(), v1::ExplainEventResponse::Route::MATCHED);
}

}  // namespace
}  // namespace carillon::control
