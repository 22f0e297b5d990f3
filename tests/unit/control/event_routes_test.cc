// Why events go to destinations, and that this is what routing does.

#include "event_routes.h"

#include <gmock/gmock.h>

#include <random>

#include "carillon/routing/routing_table.h"

namespace carillon::control {
namespace {

using Route = v1::ExplainEventResponse::Route;
using testing::ElementsAre;

model::EventPtr MakeEvent(const std::string& type, const std::string& payload = "{}") {
  auto event = model::Event::Create(
      {.id = "e7", .type = type, .tenant = "acme", .ordering_key = "", .payload = payload});
  event->Accept(7, base::FromUnixNanos(1000));
  return event;
}

model::Destination To(const std::string& name) {
  model::Destination destination;
  destination.tenant = "acme";
  destination.name = name;
  destination.url = "https://203.0.113.9/";
  return destination;
}

model::Subscription From(const std::string& name, std::vector<std::string> types,
                         std::vector<std::string> destinations) {
  model::Subscription subscription;
  subscription.tenant = "acme";
  subscription.name = name;
  subscription.types = std::move(types);
  subscription.destinations = std::move(destinations);
  return subscription;
}

model::Filter ShopIs(const std::string& shop) {
  model::Filter filter;
  filter.kind = model::Filter::Kind::kTest;
  filter.subject = model::Filter::Subject::kPayload;
  filter.path = {"shop"};
  filter.test = model::Filter::Test::kEquals;
  filter.values = {shop};
  return filter;
}

class EventRoutesTest : public testing::Test {
 protected:
  v1::ExplainEventResponse Explain(const model::EventPtr& event, std::set<std::string> tried = {},
                                   std::set<std::string> replayed = {}) {
    const auto snapshot = [](std::vector<model::Destination> destinations,
                             std::vector<model::Subscription> subscriptions) {
      return resource::MakeSnapshot(1, {}, {}, std::move(destinations), std::move(subscriptions),
                                    nullptr);
    };
    EventRoutes routes({.event = event,
                        .layers = {snapshot(destinations_, {}), snapshot({}, subscriptions_)},
                        .tried = std::move(tried),
                        .replayed = std::move(replayed),
                        .subscription_changed =
                            [this](const std::string& name) { return changed_.contains(name); },
                        .destination_is_newer =
                            [this](const std::string& name) { return newer_.contains(name); }});
    while (routes.Look(1)) {
    }
    return routes.Take();
  }
  Route One(const model::EventPtr& event, std::set<std::string> tried = {},
            std::set<std::string> replayed = {}) {
    const auto told = Explain(event, std::move(tried), std::move(replayed));
    EXPECT_EQ(told.routes_size(), 1);
    return told.routes(0);
  }

  std::vector<model::Destination> destinations_{To("orders")};
  std::vector<model::Subscription> subscriptions_;
  std::set<std::string> changed_, newer_;
};

TEST_F(EventRoutesTest, NamesTheSubscriptionThatMatchedAndTheDeliveryThereIs) {
  subscriptions_ = {From("other", {"a.*"}, {"orders"}), From("paid", {"order.paid"}, {"orders"})};
  Route route = One(MakeEvent("order.paid"));
  EXPECT_EQ(route.destination(), "tenants/acme/destinations/orders");
  EXPECT_EQ(route.reason(), Route::MATCHED);
  EXPECT_EQ(route.subscription(), "tenants/acme/subscriptions/paid");
  EXPECT_EQ(route.failed_condition(), "");
  EXPECT_EQ(route.delivery(), "") << "it was not tried yet";
  route = One(MakeEvent("order.paid"), {"orders"});
  EXPECT_EQ(route.reason(), Route::MATCHED);
  EXPECT_EQ(route.delivery(), "tenants/acme/destinations/orders/deliveries/7");
}

TEST_F(EventRoutesTest, SaysWhatKeptItOut) {
  EXPECT_EQ(One(MakeEvent("order.paid")).reason(), Route::TYPE_NOT_SUBSCRIBED);
  EXPECT_EQ(One(MakeEvent("order.paid")).subscription(), "");
  subscriptions_ = {From("other", {"a.*"}, {"orders"})};
  Route route = One(MakeEvent("order.paid"));
  EXPECT_EQ(route.reason(), Route::TYPE_NOT_SUBSCRIBED);
  EXPECT_EQ(route.subscription(), "tenants/acme/subscriptions/other");
  EXPECT_EQ(route.failed_condition(), "types");
  EXPECT_EQ(route.found_value(), "order.paid");

  subscriptions_.push_back(From("paid", {"order.*"}, {"orders"}));
  subscriptions_.back().filter = ShopIs("graz");
  route = One(MakeEvent("order.paid", R"({"shop":"wien"})"));
  EXPECT_EQ(route.reason(), Route::FILTER_NOT_MET);
  EXPECT_EQ(route.subscription(), "tenants/acme/subscriptions/paid");
  EXPECT_EQ(route.failed_condition(), "filter.equals");
  EXPECT_EQ(route.found_value(), "wien");

  subscriptions_.push_back(From("off", {"order.*"}, {"orders"}));
  subscriptions_.back().disabled = true;
  route = One(MakeEvent("order.paid", R"({"shop":"wien"})"));
  EXPECT_EQ(route.reason(), Route::SUBSCRIPTION_DISABLED);
  EXPECT_EQ(route.subscription(), "tenants/acme/subscriptions/off");
  EXPECT_EQ(route.failed_condition(), "disabled");
  subscriptions_.back().types = {"b"};
  EXPECT_EQ(One(MakeEvent("order.paid", R"({"shop":"wien"})")).reason(), Route::FILTER_NOT_MET)
      << "a disabled one that would not match is no reason";
}

TEST_F(EventRoutesTest, TellsWhatChangedSince) {
  EXPECT_EQ(One(MakeEvent("order.paid"), {"orders"}).reason(), Route::CHANGED_SINCE)
      << "delivered, and nothing would send it there now";
  subscriptions_ = {From("paid", {"order.paid"}, {"orders"})};
  changed_ = {"tenants/acme/subscriptions/paid"};
  EXPECT_EQ(One(MakeEvent("order.paid")).reason(), Route::CHANGED_SINCE)
      << "it matches only since then";
  EXPECT_EQ(One(MakeEvent("order.paid"), {"orders"}).reason(), Route::MATCHED);
  subscriptions_.push_back(From("older", {"order.paid"}, {"orders"}));
  EXPECT_EQ(One(MakeEvent("order.paid")).reason(), Route::MATCHED);
  EXPECT_EQ(One(MakeEvent("order.paid")).subscription(), "tenants/acme/subscriptions/older");
  newer_ = {"tenants/acme/destinations/orders"};
  EXPECT_EQ(One(MakeEvent("order.paid")).reason(), Route::CHANGED_SINCE);
}

TEST_F(EventRoutesTest, TellsWhatAReplayDid) {
  const auto event = MakeEvent("order.paid");
  EXPECT_EQ(One(event, {"orders"}, {"orders"}).reason(), Route::REPLAYED);
  EXPECT_EQ(One(event, {"orders"}, {"orders"}).delivery(),
            "tenants/acme/destinations/orders/deliveries/7");
  subscriptions_ = {From("paid", {"order.paid"}, {"orders"})};
  EXPECT_EQ(One(event, {"orders"}, {"orders"}).reason(), Route::MATCHED)
      << "it would have gone there without";
  changed_ = {"tenants/acme/subscriptions/paid"};
  EXPECT_EQ(One(event, {"orders"}, {"orders"}).reason(), Route::REPLAYED)
      << "what matches was made since";
}

TEST_F(EventRoutesTest, ADestinationThatIsGoneIsNamedForItsDelivery) {
  const auto told = Explain(MakeEvent("order.paid"), {"gone"});
  ASSERT_EQ(told.routes_size(), 2);
  EXPECT_EQ(told.event(), "tenants/acme/events/e7@7");
  EXPECT_EQ(told.routes(0).destination(), "tenants/acme/destinations/gone");
  EXPECT_EQ(told.routes(0).reason(), Route::CHANGED_SINCE);
  EXPECT_EQ(told.routes(0).delivery(), "tenants/acme/destinations/gone/deliveries/7");
}

TEST_F(EventRoutesTest, OfTooManyThoseThatConcernItAreTold) {
  destinations_.clear();
  for (size_t i = 0; i <= EventRoutes::kMaxRoutes; ++i) {
    destinations_.push_back(To("d" + std::to_string(i)));
  }
  subscriptions_ = {From("paid", {"order.paid"}, {"d5"})};
  const auto told = Explain(MakeEvent("order.paid"), {"d17"});
  ASSERT_EQ(told.routes_size(), 2);
  EXPECT_EQ(told.routes(0).reason(), Route::CHANGED_SINCE);
  EXPECT_EQ(told.routes(1).reason(), Route::MATCHED);
}

// For random subscriptions and events: the routes that match are those that routing takes, whether
// the deliveries are known or not.
TEST_F(EventRoutesTest, MatchesWhatRoutingDoes) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto below = [&random](unsigned count) { return random() % count; };
  const std::vector<std::string> patterns{"*", "order.*", "order.paid", "list.*", "delivery.dead"};
  const std::vector<std::string> types{"order.paid", "order.sent", "list.created", "delivery.dead"};
  const std::vector<std::string> shops{"graz", "wien", "bern"};
  for (int round = 0; round < 300; ++round) {
    destinations_.clear();
    subscriptions_.clear();
    for (char name = 'a'; name < 'f'; ++name) destinations_.push_back(To(std::string(1, name)));
    for (unsigned i = below(6); i > 0; --i) {
      model::Subscription made = From("s" + std::to_string(i), {patterns[below(5)]},
                                      {std::string(1, static_cast<char>('a' + below(5)))});
      if (below(2) == 0) made.destinations.push_back("e");
      if (below(3) == 0) made.filter = ShopIs(shops[below(3)]);
      made.disabled = below(5) == 0;
      subscriptions_.push_back(std::move(made));
    }
    const auto event = MakeEvent(types[below(4)], "{\"shop\":\"" + shops[below(3)] + "\"}");
    const auto table = routing::RoutingTable::Compile(destinations_, subscriptions_, {});
    std::vector<uint32_t> places;
    table->Match(*event, places);
    std::set<std::string> wanted;
    for (const uint32_t place : places) wanted.insert(table->at(place)->name);
    for (const auto& tried : {std::set<std::string>(), wanted}) {
      const auto told = Explain(event, tried);
      ASSERT_EQ(told.routes_size(), 5);
      for (const Route& route : told.routes()) {
        const std::string name = route.destination().substr(route.destination().rfind('/') + 1);
        EXPECT_EQ(route.reason() == Route::MATCHED, wanted.contains(name)) << route.DebugString();
        EXPECT_NE(route.reason(), Route::CHANGED_SINCE);
        EXPECT_EQ(!route.delivery().empty(), tried.contains(name));
        EXPECT_EQ(route.failed_condition().empty(),
                  wanted.contains(name) || route.subscription().empty());
      }
    }
  }
}

}  // namespace
}  // namespace carillon::control
