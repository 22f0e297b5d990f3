// What the service asks of the delivery log, and how it answers.
#include "carillon/control/delivery_methods.h"

#include <gmock/gmock.h>

#include <optional>

#include "carillon/aip/error.h"
#include "page_trail.h"

namespace carillon::control {
namespace {

using deliverylog::Query;
using deliverylog::Record;
using deliverylog::State;
using testing::HasSubstr;

/// Remembers what it was asked, and answers with what it was given.
class FakeLog final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry&) override {}
  void Find(Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    asked = query;
    if (!failure.ok()) return done(failure);
    deliverylog::Page page{.next = next};
    for (const Record& record : records) {
      if (!query.matches || query.matches(record)) page.records.push_back(record);
    }
    done(std::move(page));
  }
  void AddAll(std::span<const deliverylog::Entry> entries,
              absl::AnyInvocable<void(absl::Status)> done) override {
    for (const deliverylog::Entry& entry : entries) Add(0, entry);
    done(absl::OkStatus());
  }
  void Flush() override {}
  deliverylog::LogFigures figures() const override { return {}; }

  std::optional<Query> asked;
  std::vector<Record> records;
  std::optional<uint64_t> next;
  absl::Status failure;
};

Record Failed(const std::string& tenant = "acme") {
  Record record;
  record.figures = {.position = 17,
                    .accepted = base::FromUnixNanos(1'000'000'000),
                    .started = base::FromUnixNanos(2'000'000'000),
                    .next = base::FromUnixNanos(5'000'000'000),
                    .duration_us = 1'500'000,
                    .number = 2,
                    .status = 503,
                    .outcome = model::Outcome::kHttp5xx,
                    .state = State::kScheduled};
  record.tenant = tenant;
  record.destination = "orders";
  record.event_type = "order.paid";
  record.event_id = "e1";
  record.detail = deliverylog::Detail{.phases = {.dns = std::chrono::milliseconds(3)},
                                      .peer = "192.0.2.1:443",
                                      .url = "https://x/",
                                      .request = "POST / HTTP/1.1\r\nwebhook-id: e1\r\nA: ***\r\n",
                                      .sent = 12,
                                      .response = "HTTP/1.1 503 No\r\nB: c\r\n",
                                      .body = "no",
                                      .facts = {.retry_after = std::chrono::seconds(30)}};
  return record;
}

class DeliveryMethodsTest : public testing::Test {
 protected:
  template <typename Response, typename Request, typename Call>
  absl::StatusOr<Response> Ask(Call call, const Request& request) {
    absl::StatusOr<Response> result = absl::UnknownError("not answered");
    call(request, [&result](absl::StatusOr<Answer> answer) {
      if (answer.ok()) {
        result = static_cast<const Response&>(**answer);
      } else {
        result = answer.status();
      }
    });
    return result;
  }
  absl::StatusOr<v1::Delivery> Get(const std::string& name) {
    v1::GetDeliveryRequest request;
    request.set_name(name);
    return Ask<v1::Delivery>([&](const auto& r, auto done) { methods_.Get(r, std::move(done)); },
                             request);
  }
  absl::StatusOr<v1::ListDeliveriesResponse> List(v1::ListDeliveriesRequest request) {
    if (request.parent().empty()) request.set_parent("tenants/acme/destinations/orders");
    return Ask<v1::ListDeliveriesResponse>(
        [&](const auto& r, auto done) { methods_.List(r, caller_, std::move(done)); }, request);
  }
  absl::StatusOr<v1::ListDeliveriesResponse> Filtered(const std::string& filter) {
    v1::ListDeliveriesRequest request;
    request.set_filter(filter);
    return List(request);
  }

  FakeLog log_;
  base::SimulatedClock clock_;
  const aip::PageTokens tokens_{{{.id = 1, .key = base::Secret(std::string(32, 'k'))}}};
  DeliveryMethods methods_{&log_, tokens_, clock_};
  Caller caller_{.principal = "tokens/a", .tenants = {"acme"}};
};

TEST_F(DeliveryMethodsTest, ADeliveryIsShownWithItsAttempts) {
  log_.records = {Failed()};
  const auto delivery = Get("tenants/acme/destinations/orders/deliveries/17");
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  EXPECT_EQ(log_.asked->tenant, "acme");
  EXPECT_EQ(log_.asked->destination, "orders");
  EXPECT_EQ(log_.asked->position, 17u);
  EXPECT_TRUE(log_.asked->details);
  EXPECT_EQ(delivery->name(), "tenants/acme/destinations/orders/deliveries/17");
  EXPECT_EQ(delivery->state(), v1::Delivery::SCHEDULED);
  EXPECT_EQ(delivery->outcome(), v1::OUTCOME_HTTP_5XX);
  EXPECT_EQ(delivery->response_status(), 503);
  EXPECT_EQ(delivery->attempt_count(), 2);
  EXPECT_EQ(delivery->accept_time().seconds(), 1);
  EXPECT_EQ(delivery->last_attempt_time().seconds(), 2);
  EXPECT_EQ(delivery->next_attempt_time().seconds(), 5);
  EXPECT_FALSE(delivery->has_end_time());
  ASSERT_EQ(delivery->attempts_size(), 1);
  const v1::Attempt& attempt = delivery->attempts(0);
  EXPECT_EQ(attempt.name(), delivery->name() + "/attempts/2");
  EXPECT_EQ(attempt.phases().total().nanos(), 500'000'000);
  EXPECT_EQ(attempt.phases().dns().nanos(), 3'000'000);
  EXPECT_FALSE(attempt.phases().has_tls());
  EXPECT_EQ(attempt.remote_address(), "192.0.2.1:443");
  EXPECT_EQ(attempt.webhook_id(), "e1");
  EXPECT_TRUE(attempt.request().headers(1).blanked());
  EXPECT_EQ(attempt.request().headers(1).value(), "");
  EXPECT_EQ(attempt.request().body_bytes(), 12);
  EXPECT_EQ(attempt.response().status(), 503);
  EXPECT_EQ(attempt.response().headers(0).name(), "B");
  EXPECT_EQ(attempt.response().body(), "no");
  EXPECT_EQ(attempt.detail().retry_after().seconds(), 30);
}

TEST_F(DeliveryMethodsTest, WithoutFactsAnAttemptHasNoDetail) {
  log_.records = {Failed()};
  log_.records[0].detail->facts = {};
  EXPECT_FALSE(Get("tenants/acme/destinations/orders/deliveries/17")->attempts(0).has_detail());
}

TEST_F(DeliveryMethodsTest, WhatIsNotThereIsNotFound) {
  for (const char* number : {"17", "0", "x", "99999999999999999999"}) {
    const auto status =
        Get(std::string("tenants/acme/destinations/orders/deliveries/") + number).status();
    EXPECT_EQ(aip::ReasonOf(status), v1::RESOURCE_NOT_FOUND) << number;
  }
  EXPECT_EQ(aip::ReasonOf(Get("tenants/acme/orders").status()), v1::FIELD_INVALID);
}

TEST_F(DeliveryMethodsTest, AFilterUsesTheIndexes) {
  ASSERT_TRUE(Filtered("state = SCHEDULED AND outcome = OUTCOME_TLS AND event_type = \"a.b\" AND "
                       "event_id = \"x\" AND last_attempt_time >= \"1970-01-01T00:01:00Z\" AND "
                       "last_attempt_time < \"1970-01-01T00:02:00Z\"")
                  .ok());
  EXPECT_EQ(log_.asked->state, State::kScheduled);
  EXPECT_EQ(log_.asked->outcome, model::Outcome::kTls);
  EXPECT_EQ(log_.asked->event_type, "a.b");
  EXPECT_EQ(log_.asked->event_id, "x");
  EXPECT_EQ(log_.asked->from, base::FromUnixNanos(60'000'000'000));
  EXPECT_EQ(log_.asked->to, base::FromUnixNanos(120'000'000'001));
  EXPECT_TRUE(log_.asked->last_only);
  EXPECT_FALSE(log_.asked->details);
}

TEST_F(DeliveryMethodsTest, WhatNoIndexKnowsIsComparedRowByRow) {
  log_.records = {Failed()};
  EXPECT_EQ(Filtered("event_type = \"order.*\"")->deliveries_size(), 1);
  EXPECT_FALSE(log_.asked->event_type);
  EXPECT_EQ(Filtered("event_type = \"other.*\"")->deliveries_size(), 0);
  EXPECT_EQ(Filtered("response_status >= 500 AND NOT attempt_count = 3")->deliveries_size(), 1);
  EXPECT_EQ(Filtered("state = DEAD OR outcome = OUTCOME_HTTP_5XX")->deliveries_size(), 1);
  EXPECT_FALSE(log_.asked->state);
  EXPECT_EQ(Filtered("last_attempt_time > \"1970-01-01T00:00:02Z\"")->deliveries_size(), 0);
  EXPECT_EQ(Filtered("last_attempt_time = \"1970-01-01T00:00:02Z\"")->deliveries_size(), 1);
}

TEST_F(DeliveryMethodsTest, AStateThatTheLogDoesNotHaveIsNobodys) {
  log_.records = {Failed()};
  EXPECT_EQ(Filtered("state = HELD")->deliveries_size(), 0);
  EXPECT_FALSE(log_.asked);
}

TEST_F(DeliveryMethodsTest, CallersSeeTheirTenants) {
  log_.records = {Failed("acme"), Failed("other"), Failed("third")};
  v1::ListDeliveriesRequest request;
  request.set_parent("tenants/-/destinations/-");
  ASSERT_TRUE(List(request).ok());
  EXPECT_EQ(log_.asked->tenant, "acme");
  caller_.tenants = {"acme", "other"};
  EXPECT_EQ(List(request)->deliveries_size(), 2);
  request.set_filter("response_status = 503");
  EXPECT_EQ(List(request)->deliveries_size(), 2);
  caller_.tenants = {"-"};
  EXPECT_EQ(List(request)->deliveries_size(), 3);
}

TEST_F(DeliveryMethodsTest, ATokenGoesOnWithTheSameArgumentsOnly) {
  log_.records = {Failed()};
  log_.next = 42;
  v1::ListDeliveriesRequest request;
  const auto first = List(request);
  ASSERT_TRUE(first.ok());
  log_.next.reset();
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(log_.asked->before, 42u);
  EXPECT_EQ(second->next_page_token(), "");
  request.set_filter("state = DEAD");
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::PAGE_TOKEN_INVALID);
}

TEST_F(DeliveryMethodsTest, OnePageLeadsBackToTheOneBefore) {
  log_.records = {Failed()};
  log_.records.front().sequence = 99;
  log_.next = 42;
  v1::ListDeliveriesRequest request;
  const auto first = List(request);
  EXPECT_EQ(first->previous_page_token(), "");
  request.set_page_token(first->next_page_token());
  log_.next = 7;
  const auto second = List(request);
  request.set_page_token(second->next_page_token());
  const auto third = List(request);
  EXPECT_EQ(log_.asked->before, 7u);
  request.set_page_token(third->previous_page_token());
  const auto back = List(request);
  EXPECT_EQ(log_.asked->before, 42u);
  request.set_page_token(back->previous_page_token());
  EXPECT_EQ(List(request)->previous_page_token(), "");
  EXPECT_EQ(log_.asked->before, 100u) << "what was written since is not on it";
  request.set_filter("state = DEAD");
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::PAGE_TOKEN_INVALID);
}

TEST_F(DeliveryMethodsTest, DeliveriesAreCountedUpToABound) {
  log_.records = {Failed("acme"), Failed("other")};
  v1::CountDeliveriesRequest request;
  request.set_parent("tenants/-/destinations/-");
  request.set_filter("response_status = 503");
  const auto count = [&] {
    return Ask<v1::CountDeliveriesResponse>(
        [&](const auto& r, auto done) { methods_.Count(r, caller_, std::move(done)); }, request);
  };
  caller_.tenants = {"acme", "third"};
  const auto one = count();
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->count(), 1);
  EXPECT_FALSE(one->capped());
  EXPECT_TRUE(log_.asked->last_only);
  log_.next = 5;
  EXPECT_TRUE(count()->capped()) << "it was not looked at to its end";
  EXPECT_EQ(count()->count(), 50) << "of so many pages";
  log_.records.assign(300, Failed());
  EXPECT_EQ(count()->count(), 10'000);
  EXPECT_TRUE(count()->capped());
  request.set_filter("colour = 1");
  EXPECT_EQ(aip::ReasonOf(count().status()), v1::FILTER_INVALID);
}

TEST(PageTrailTest, GoesOnAndBack) {
  const PageTrail first(50, 3);
  const PageTrail second = first.Next(40);
  const PageTrail third = *PageTrail::Parse(second.Next(30).Encode());
  EXPECT_EQ(third.start(), 30u);
  EXPECT_EQ(third.bound(), 3u);
  EXPECT_EQ(third.Previous()->start(), 40u);
  EXPECT_EQ(third.Previous()->Previous()->start(), 50u);
  EXPECT_FALSE(third.Previous()->Previous()->Previous());
  for (const char* wrong : {"", "1", "1,", "x,1", "1,-2", "1,2,99999999999999999999"}) {
    EXPECT_FALSE(PageTrail::Parse(wrong)) << wrong;
  }
}

TEST(PageTrailTest, RemembersABoundedNumberOfPages) {
  PageTrail trail(UINT64_MAX, UINT64_MAX);
  for (uint64_t i = 0; i < 500; ++i) trail = trail.Next(UINT64_MAX - i);
  EXPECT_LT(trail.Encode().size(), 2500u);
  size_t back = 0;
  for (auto at = PageTrail::Parse(trail.Encode()); at; at = at->Previous()) ++back;
  EXPECT_EQ(back, PageTrail::kMaxBack + 1);
}

TEST_F(DeliveryMethodsTest, WhatCannotBeIsRefused) {
  v1::ListDeliveriesRequest request;
  request.set_order_by("accept_time");
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::ORDER_BY_INVALID);
  EXPECT_EQ(aip::ReasonOf(Filtered("colour = 1").status()), v1::FILTER_INVALID);
  request = {};
  request.set_page_size(-1);
  EXPECT_EQ(aip::ReasonOf(List(request).status()), v1::FIELD_INVALID);
  request = {};
  request.set_page_size(5000);
  request.set_view(v1::DELIVERY_VIEW_FULL);
  ASSERT_TRUE(List(request).ok());
  EXPECT_EQ(log_.asked->limit, 100u);
}

TEST_F(DeliveryMethodsTest, TroubleOfTheLogIsToldInTheWordsOfTheApi) {
  log_.failure = absl::ResourceExhaustedError("busy");
  EXPECT_EQ(aip::ReasonOf(Filtered("").status()), v1::RATE_LIMITED);
  log_.failure = absl::UnavailableError("secret path");
  EXPECT_EQ(aip::ReasonOf(Filtered("").status()), v1::STORE_UNAVAILABLE);
  const DeliveryMethods off(nullptr, tokens_, clock_);
  absl::Status status;
  off.Get({}, [&status](absl::StatusOr<Answer> answer) { status = answer.status(); });
  EXPECT_EQ(aip::ReasonOf(status), v1::STATE_CONFLICT);
  EXPECT_THAT(std::string(status.message()), HasSubstr("delivery log is off"));
}

TEST_F(DeliveryMethodsTest, AttemptsAreFoundByNumberAndListed) {
  log_.records = {Failed()};
  v1::GetAttemptRequest get;
  get.set_name("tenants/acme/destinations/orders/deliveries/17/attempts/2");
  const auto attempt = Ask<v1::Attempt>(
      [&](const auto& r, auto done) { methods_.GetAttempt(r, std::move(done)); }, get);
  ASSERT_TRUE(attempt.ok()) << attempt.status();
  EXPECT_EQ(attempt->number(), 2);
  get.set_name("tenants/acme/destinations/orders/deliveries/17/attempts/1");
  EXPECT_EQ(aip::ReasonOf(
                Ask<v1::Attempt>(
                    [&](const auto& r, auto done) { methods_.GetAttempt(r, std::move(done)); }, get)
                    .status()),
            v1::RESOURCE_NOT_FOUND);
  v1::ListAttemptsRequest list;
  list.set_parent("tenants/acme/destinations/-/deliveries/-");
  list.set_filter("phases.total > 1s AND response.status = 503");
  const auto listed = Ask<v1::ListAttemptsResponse>(
      [&](const auto& r, auto done) { methods_.ListAttempts(r, caller_, std::move(done)); }, list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->attempts_size(), 1);
  EXPECT_FALSE(log_.asked->destination);
  EXPECT_FALSE(log_.asked->last_only);
}

}  // namespace
}  // namespace carillon::control
