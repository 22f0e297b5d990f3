// Deliveries that are made again: what is asked of the log, the journal and those who deliver.
#include "carillon/control/resend_methods.h"

#include <gmock/gmock.h>

#include "control_fixtures.h"
#include "operation_fixtures.h"

namespace carillon::control {
namespace {

using deliverylog::State;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::StartsWith;

constexpr char kOne[] = "tenants/acme/destinations/orders/deliveries/17";

/// The last attempt of one delivery.
class OneRecord final : public deliverylog::AttemptStore {
 public:
  void Add(uint32_t, const deliverylog::Entry&) override {}
  void Find(deliverylog::Query query,
            absl::AnyInvocable<void(absl::StatusOr<deliverylog::Page>)> done) override {
    if (!failure.ok()) return done(failure);
    deliverylog::Page page;
    if (state && query.position == 17u && query.tenant == "acme") {
      page.records.push_back({.figures = {.position = 17, .next = next, .state = *state},
                              .tenant = "acme",
                              .destination = "orders"});
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

  std::optional<State> state;
  base::WallTime next{seconds(5)};
  absl::Status failure;
};

/// Events at the positions from 11 to 20, one a second.
class TenEvents final : public store::EventLog {
 public:
  TenEvents() {
    for (uint64_t position = 11; position <= 20; ++position) {
      auto event = model::Event::Create({.id = "e" + std::to_string(position),
                                         .type = position % 2 == 0 ? "even" : "odd",
                                         .tenant = "acme",
                                         .payload = "1"});
      event->Accept(position, base::WallTime(seconds(position)));
      events.push_back(std::move(event));
    }
  }
  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t from, size_t, absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    auto batch = std::make_shared<store::EventBatch>(store::EventBatch{{}, from, 20});
    for (const model::EventPtr& event : events) {
      if (event->position() >= from) batch->events.push_back(event);
    }
    done(std::move(batch));
  }
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = 20}; }

  std::vector<model::EventPtr> events;
};

class ResendMethodsTest : public ControlTest {
 protected:
  operations::DeliveryTools Tools(bool log = true) {
    return {
        .events = events_,
        .resend =
            [this](delivery::ResendOrder order, auto done) {
              orders_.push_back(order);
              done(outcome_);
            },
        .routes = [](const std::string& tenant,
                     const std::string& name) -> std::shared_ptr<const routing::RoutingTable> {
          if (tenant != "acme" || name != "orders") return nullptr;
          model::Destination destination;
          destination.tenant = tenant;
          destination.name = name;
          return routing::RoutingTable::Compile(
              {destination},
              std::vector<model::Subscription>{
                  {.tenant = "acme", .name = "s", .types = {"even"}, .destinations = {"orders"}}},
              {});
        },
        .log = log ? &log_ : nullptr};
  }
  absl::StatusOr<v1::Delivery> Resend(const std::string& text) {
    const auto request = Made<v1::ResendDeliveryRequest>(text);
    return Await<v1::Delivery>([&](Methods::Done done) {
      methods_->Resend(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  absl::StatusOr<v1::ReplayEventsResponse> Replay(const std::string& text) {
    const auto request =
        Made<v1::ReplayEventsRequest>("destination: \"tenants/acme/destinations/orders\" " + text);
    return Await<v1::ReplayEventsResponse>([&](Methods::Done done) {
      methods_->Replay(request, {.principal = "tokens/ops"}, std::move(done));
    });
  }
  static std::string Named(const std::string& more = "") {
    return std::string("name: \"") + kOne + "\" " + more;
  }

  OneRecord log_;
  TenEvents events_;
  TestOperations operations_;
  std::vector<delivery::ResendOrder> orders_;
  absl::StatusOr<size_t> outcome_ = 1;
  std::unique_ptr<ResendMethods> methods_ =
      std::make_unique<ResendMethods>(*repository_, operations_, Tools(), clock_);
};

TEST_F(ResendMethodsTest, OneThatEndedIsAddedAndOneThatWaitsIsBroughtForward) {
  for (const State state : {State::kDelivered, State::kDead}) {
    log_.state = state;
    const auto delivery = Resend(Named());
    ASSERT_TRUE(delivery.ok()) << delivery.status();
    EXPECT_EQ(delivery->name(), kOne);
    EXPECT_EQ(delivery->state(), v1::Delivery::SCHEDULED);
    EXPECT_TRUE(delivery->has_next_attempt_time());
    EXPECT_FALSE(delivery->has_end_time());
    EXPECT_FALSE(orders_.back().items[0].due.has_value());
  }
  log_.state = State::kScheduled;
  ASSERT_TRUE(Resend(Named()).ok());
  EXPECT_EQ(orders_.back().items[0].due, log_.next);
  ASSERT_EQ(orders_.size(), 3u);
  EXPECT_EQ(orders_[0].tenant, "acme");
  EXPECT_EQ(orders_[0].name, "orders");
  EXPECT_FALSE(orders_[0].settled_only);
  ASSERT_EQ(orders_[0].items.size(), 1u);
  EXPECT_EQ(orders_[0].items[0].position, 17u);
  EXPECT_EQ(orders_[0].items[0].earlier, 1u);
  EXPECT_EQ(orders_[0].trigger, model::Trigger::kResend);
  EXPECT_EQ(orders_[0].items[0].bytes, events_.events[6]->record().size());
}

TEST_F(ResendMethodsTest, ARepetitionIsNotSentOnceMore) {
  log_.state = State::kDead;
  const auto first = Resend(Named("request_id: \"r\""));
  ASSERT_TRUE(first.ok()) << first.status();
  log_.state = State::kDelivered;
  EXPECT_EQ(Resend(Named("request_id: \"r\""))->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(orders_.size(), 1u);
  EXPECT_THAT(std::string(Resend(Named("request_id: \"?\"")).status().message()),
              StartsWith("request_id: "));
}

TEST_F(ResendMethodsTest, SaysWhatStandsInTheWay) {
  const auto reason = [this](const std::string& text) {
    return aip::ReasonOf(Resend(text).status());
  };
  EXPECT_EQ(reason(Named()), v1::RESOURCE_NOT_FOUND) << "it was never tried";
  EXPECT_EQ(reason("name: \"orders\""), v1::FIELD_INVALID);
  EXPECT_EQ(reason("name: \"tenants/acme/destinations/orders/deliveries/x\""),
            v1::RESOURCE_NOT_FOUND);
  log_.state = State::kQueued;
  EXPECT_EQ(reason(Named()), v1::STATE_CONFLICT);
  log_.state = State::kScheduled;
  outcome_ = 0;
  EXPECT_EQ(reason(Named()), v1::STATE_CONFLICT) << "its retry has begun";
  outcome_ = absl::NotFoundError("gone");
  EXPECT_EQ(reason(Named()), v1::RESOURCE_NOT_FOUND);
  outcome_ = absl::FailedPreconditionError("it gives up what is to be sent");
  EXPECT_EQ(reason(Named()), v1::STATE_CONFLICT);
  outcome_ = absl::UnavailableError("it ends");
  EXPECT_EQ(reason(Named()), v1::STORE_UNAVAILABLE);
  outcome_ = 1;
  events_.events.erase(events_.events.begin() + 6);
  EXPECT_EQ(reason(Named()), v1::EVENT_EXPIRED);
  log_.failure = absl::ResourceExhaustedError("busy");
  EXPECT_EQ(reason(Named()), v1::RATE_LIMITED);
  methods_ = std::make_unique<ResendMethods>(*repository_, operations_, Tools(false), clock_);
  EXPECT_EQ(reason(Named()), v1::STATE_CONFLICT);
}

TEST_F(ResendMethodsTest, AReplayBeginsAnOperation) {
  const auto response = Replay("max_rate: 50 request_id: \"r\" filter: \"type = 'even'\"");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->operation().name(), "tenants/acme/operations/1");
  ASSERT_EQ(operations_.begun.size(), 1u);
  const auto& begun = operations_.begun[0];
  EXPECT_EQ(begun.tenant, "acme");
  EXPECT_EQ(begun.operation.kind(), v1::Operation::REPLAY);
  EXPECT_EQ(begun.operation.target(), "tenants/acme/destinations/orders");
  EXPECT_EQ(begun.operation.principal(), "tokens/ops");
  EXPECT_EQ(begun.operation.max_rate(), 50);
  EXPECT_EQ(begun.end, 21u) << "what is accepted later is not meant";
  EXPECT_FALSE(begun.request_key.empty());
  EXPECT_EQ(Replay("max_rate: 50 request_id: \"r\" filter: \"type = 'even'\"")->operation().name(),
            response->operation().name());
  EXPECT_EQ(operations_.begun.size(), 1u);
  EXPECT_EQ(aip::ReasonOf(Replay("request_id: \"r\"").status()), v1::REQUEST_ID_REUSED);
  operations_.refusal = aip::QuotaExceeded(v1::QUOTA_EXCEEDED, "too many", "tenants/acme");
  EXPECT_EQ(aip::ReasonOf(Replay("").status()), v1::QUOTA_EXCEEDED);
}

TEST_F(ResendMethodsTest, ADryRunCountsAndChangesNothing) {
  const auto counted = Replay("validate_only: true");
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->matched_count(), 5);
  EXPECT_FALSE(counted->estimated());
  EXPECT_FALSE(counted->has_operation());
  ASSERT_EQ(counted->sample_size(), 5);
  EXPECT_EQ(counted->sample(0), "tenants/acme/destinations/orders/deliveries/12");
  EXPECT_EQ(Replay("validate_only: true selection: ALL start_time { seconds: 13 } "
                   "end_time { seconds: 16 }")
                ->matched_count(),
            3);
  log_.state = State::kDelivered;
  EXPECT_EQ(Replay("validate_only: true selection: MISSING")->matched_count(), 5);
  EXPECT_EQ(Replay("validate_only: true selection: MISSING start_time { seconds: 17 } "
                   "end_time { seconds: 18 }")
                ->matched_count(),
            0)
      << "17 is odd";
  EXPECT_TRUE(operations_.begun.empty());
  EXPECT_TRUE(orders_.empty());
}

TEST_F(ResendMethodsTest, RefusesWhatIsWrong) {
  const auto fails = [this](const std::string& text, const std::string& field) {
    EXPECT_THAT(std::string(Replay(text).status().message()), StartsWith(field + ": ")) << text;
  };
  fails("max_rate: 0", "max_rate");
  fails("max_rate: 1e9", "max_rate");
  fails("filter: \"nothing = 1\"", "filter");
  fails("request_id: \"?\"", "request_id");
  fails("start_time { seconds: 9 } end_time { seconds: 8 }", "end_time");
  const auto nobody =
      Made<v1::ReplayEventsRequest>("destination: \"tenants/acme/destinations/nobody\"");
  EXPECT_EQ(aip::ReasonOf(Await<v1::ReplayEventsResponse>([&](Methods::Done done) {
                            methods_->Replay(nobody, {}, std::move(done));
                          }).status()),
            v1::RESOURCE_NOT_FOUND);
  methods_ = std::make_unique<ResendMethods>(*repository_, operations_, Tools(false), clock_);
  EXPECT_EQ(aip::ReasonOf(Replay("selection: MISSING").status()), v1::STATE_CONFLICT);
  EXPECT_TRUE(Replay("selection: ALL").ok()) << "that needs no log";
}

}  // namespace
}  // namespace carillon::control
