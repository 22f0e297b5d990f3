// What a destination wants, by the subscriptions of all sources.

#include "carillon/operations/routes_in.h"

#include <gtest/gtest.h>

namespace carillon::operations {
namespace {

class FixedSource final : public resource::Source {
 public:
  FixedSource(std::vector<model::Destination> destinations,
              std::vector<model::Subscription> subscriptions)
      : snapshot_(resource::MakeSnapshot(1, {}, {}, std::move(destinations),
                                         std::move(subscriptions), nullptr)) {}
  std::string_view name() const override { return "a source"; }
  resource::SnapshotPtr current() const override { return snapshot_; }
  void Subscribe(Take) override {}

 private:
  resource::SnapshotPtr snapshot_;
};

model::Destination Called(const std::string& tenant, const std::string& name) {
  model::Destination destination;
  destination.tenant = tenant;
  destination.name = name;
  destination.url = "https://203.0.113.7/";
  return destination;
}

bool Wants(const std::shared_ptr<const routing::RoutingTable>& table, const std::string& type) {
  const auto event = model::Event::Create({.id = "e", .type = type, .tenant = "b", .payload = "1"});
  return table->Matches(*event, 0);
}

TEST(RoutesTest, SubscriptionsOfEachSourceLeadToDestinationsOfAny) {
  const FixedSource file({Called("a", "x"), Called("b", "x"), Called("c", "x")},
                         {{.tenant = "b", .name = "s", .types = {"one"}, .destinations = {"x"}}});
  const FixedSource store(
      {Called("b", "y")},
      {{.tenant = "b", .name = "t", .types = {"two"}, .destinations = {"y", "x"}},
       {.tenant = "b", .name = "u", .types = {"three"}, .destinations = {"x"}, .disabled = true},
       {.tenant = "c", .name = "v", .types = {"four"}, .destinations = {"x"}}});
  const std::vector<const resource::Source*> sources{&file, &store};
  const auto x = RoutesIn(sources, "b", "x");
  ASSERT_NE(x, nullptr);
  EXPECT_TRUE(Wants(x, "one"));
  EXPECT_TRUE(Wants(x, "two"));
  EXPECT_FALSE(Wants(x, "three"));
  EXPECT_FALSE(Wants(x, "four"));
  const auto y = RoutesIn(sources, "b", "y");
  ASSERT_NE(y, nullptr);
  EXPECT_FALSE(Wants(y, "one"));
  EXPECT_TRUE(Wants(y, "two"));
  EXPECT_EQ(RoutesIn(sources, "b", "z"), nullptr);
  EXPECT_EQ(RoutesIn(sources, "d", "x"), nullptr);
}

}  // namespace
}  // namespace carillon::operations
