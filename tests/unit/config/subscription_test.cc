// Names, types and what refers to what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carillon/model/built_in.h"
#include "carillon/v1/config.pb.h"
#include "fixtures.h"
#include "from_yaml.h"
#include "yaml_tree.h"

namespace carillon::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kTwo[] =
    "destinations:\n"
    "- {name: orders-eu, url: 'http://h/'}\n"
    "- {name: orders-us, url: 'http://h/'}\n"
    "- {name: tenants/t2/destinations/other, url: 'http://h/'}\n";

std::string Subscribe(const std::string& members) {
  return std::string(kTwo) + "subscriptions: [{" + members + "}]\n";
}

TEST(Subscriptions, AreTakenOver) {
  const Config config =
      Parsed(Subscribe("name: s-, types: [session.*, '*', list.created], "
                       "destinations: [orders-us, orders-eu]"));
  ASSERT_EQ(config.subscriptions.size(), 1u);
  const model::Subscription& s = config.subscriptions[0];
  EXPECT_EQ(s.tenant, "default");
  EXPECT_EQ(s.name, "s-");
  EXPECT_THAT(s.types, ElementsAre("session.*", "*", "list.created"));
  EXPECT_THAT(s.destinations, ElementsAre("orders-us", "orders-eu"));
  EXPECT_EQ(s.filter.kind, model::Filter::Kind::kTrue);
}

TEST(Subscriptions, NameDestinationsOfTheirTenant) {
  EXPECT_EQ(Refusal(Subscribe("name: s, types: ['*'], destinations: [orders-eu, orders-uk]")),
            "subscriptions[0].destinations[1]: no destination 'orders-uk' in tenant 'default'; "
            "did you mean 'orders-us' or 'orders-eu'?");
  EXPECT_EQ(Refusal(Subscribe("name: s, types: ['*'], destinations: [other]")),
            "subscriptions[0].destinations[0]: no destination 'other' in tenant 'default'");
  const std::string of_t2 = "name: tenants/t2/subscriptions/s, types: ['*'], destinations: ";
  for (const char* name : {"other", "tenants/t2/destinations/other"}) {
    const Config config = Parsed(Subscribe(of_t2 + "[" + name + "]"));
    ASSERT_EQ(config.subscriptions.size(), 1u);
    EXPECT_EQ(config.subscriptions[0].tenant, "t2");
    EXPECT_EQ(config.subscriptions[0].name, "s");
    EXPECT_THAT(config.subscriptions[0].destinations, ElementsAre("other"));
  }
  EXPECT_EQ(Refusal(Subscribe(of_t2 + "[tenants/default/destinations/orders-eu]")),
            "subscriptions[0].destinations[0]: is a destination of another tenant");
  EXPECT_EQ(Refusal(Subscribe(of_t2 + "[t2/other]")),
            "subscriptions[0].destinations[0]: is the name of no destination of this tenant");
}

TEST(Subscriptions, NameTypesOfTheCatalog) {
  const auto types = [](const std::string& list) {
    return Refusal("event_types: [{name: order.paid}]\n" +
                   Subscribe("name: s, destinations: [orders-eu], types: " + list));
  };
  EXPECT_EQ(types("[order.paid, order.*, session.create, sync.run.*, sync.*]"), "");
  EXPECT_EQ(types("[order.paid, x]"),
            "subscriptions[0].types[1]: unknown event type 'x'; add it to event_types");
  EXPECT_EQ(types("[order.payed]"),
            "subscriptions[0].types[0]: unknown event type 'order.payed'; add it to event_types; "
            "did you mean 'order.paid'?");
  EXPECT_EQ(types("[orders.*]"),
            "subscriptions[0].types[0]: no event type matches 'orders.*'; add one to event_types");
  EXPECT_THAT(types("[session.create.*]"), HasSubstr("no event type matches"));
  for (const char* bad : {"''", "'.*'", "'**'", "'session*'", "'*.create'", "'a..b'", "Session",
                          "'session.*.x'", "'session.'"}) {
    EXPECT_THAT(types(std::string("[") + bad + "]"),
                StartsWith("subscriptions[0].types[0]: must be an event type"))
        << bad;
  }
}

std::string Repeat(const std::string& element, int count) {
  std::string list = "[" + element;
  for (int i = 1; i < count; ++i) list += ", " + element;
  return list + "]";
}

TEST(Subscriptions, Bounds) {
  const auto with = [](const std::string& name, const std::string& types,
                       const std::string& destinations) {
    return Refusal(
        Subscribe("name: " + name + ", types: " + types + ", destinations: " + destinations));
  };
  EXPECT_EQ(with("s", Repeat("'*'", 256), Repeat("orders-eu", 256)), "");
  EXPECT_EQ(with("s", Repeat("'*'", 257), "[orders-eu]"),
            "subscriptions[0].types: must be 1 to 256");
  EXPECT_EQ(with("s", "[]", "[orders-eu]"), "subscriptions[0].types: must be 1 to 256");
  EXPECT_EQ(with("s", "['*']", Repeat("orders-eu", 257)),
            "subscriptions[0].destinations: must be 1 to 256");
  EXPECT_EQ(with("s", "['*']", "[]"), "subscriptions[0].destinations: must be 1 to 256");
  EXPECT_EQ(with(std::string(63, 's'), "['*']", "[orders-eu]"), "");
  EXPECT_THAT(with(std::string(64, 's'), "['*']", "[orders-eu]"),
              StartsWith("subscriptions[0].name: must be 1-63"));
  EXPECT_THAT(with("''", "['*']", "[orders-eu]"), StartsWith("subscriptions[0].name: "));
}

TEST(Names, AreUniqueWithinATenant) {
  EXPECT_EQ(Refusal("destinations:\n- {name: a, url: 'http://h'}\n- {name: a, url: 'http://h'}\n"),
            "destinations[1].name: 'a' is already the name of destinations[0]");
  Parsed(
      "destinations:\n- {name: a, url: 'http://h'}\n- {name: tenants/b/destinations/a, url: "
      "'http://h'}\n");
  EXPECT_EQ(Refusal("destinations:\n- {name: a, url: 'http://h'}\n"
                    "- {name: tenants/default/destinations/a, url: 'http://h'}\n"),
            "destinations[1].name: 'a' is already the name of destinations[0]");
  const std::string one = "{name: s, types: ['*'], destinations: [orders-eu]}";
  EXPECT_EQ(Refusal(std::string(kTwo) + "subscriptions: [" + one + ", " + one + "]"),
            "subscriptions[1].name: 's' is already the name of subscriptions[0]");
}

std::string DestinationNamed(const std::string& name) {
  return "destinations: [{name: '" + name + "', url: 'http://h/'}]";
}

TEST(Names, AreShortOrWhole) {
  const auto parts = [](const std::string& name) {
    const Config config = Parsed(DestinationNamed(name));
    if (config.destinations.empty()) return std::string();
    return config.destinations[0].tenant + " " + config.destinations[0].name;
  };
  EXPECT_EQ(parts("orders"), "default orders");
  EXPECT_EQ(parts("tenants/default/destinations/orders"), "default orders");
  EXPECT_EQ(parts("tenants/A.b_c-9/destinations/orders"), "A.b_c-9 orders");
  const std::string longest(128, 't');
  EXPECT_EQ(parts("tenants/" + longest + "/destinations/o"), longest + " o");
}

TEST(Names, Refusals) {
  const std::string form =
      "destinations[0].name: must be tenants/TENANT/destinations/NAME; in a file NAME alone "
      "belongs "
      "to the tenant default";
  for (const char* name :
       {"acme/orders", "/orders", "tenants/acme/orders", "tenants//destinations/o",
        "tenants/acme/destinations/", "tenants/acme/destinations/a/b",
        "tenants/acme/subscriptions/orders", "Tenants/acme/destinations/o"}) {
    EXPECT_EQ(Refusal(DestinationNamed(name)), form) << name;
  }
  for (const std::string& tenant : {std::string("-"), std::string("."), std::string(".."),
                                    std::string("a b"), std::string("ä"), std::string(129, 't')}) {
    EXPECT_EQ(
        Refusal(DestinationNamed("tenants/" + tenant + "/destinations/o")),
        "destinations[0].name: must have a tenant of 1-128 characters of [A-Za-z0-9_.-] other "
        "than -, . and ..")
        << tenant;
  }
  for (const char* id : {"Orders", "-o", "o-", "a b"}) {
    const char* error =
        "destinations[0].name: must be 1-63 characters of [a-z0-9-], beginning and ending with "
        "[a-z0-9]";
    EXPECT_EQ(Refusal(DestinationNamed(id)), error) << id;
    EXPECT_EQ(Refusal(DestinationNamed(std::string("tenants/t/destinations/") + id)), error) << id;
  }
}

TEST(Names, OfKeysAreShortOrWhole) {
  const auto key = [](const std::string& name) {
    return "destinations: [{name: tenants/t/destinations/d, url: 'http://h/', keys: [{name: " +
           name + ", secret: " + kSecret + "}]}]";
  };
  for (const char* name : {"first", "tenants/t/destinations/d/keys/first"}) {
    EXPECT_EQ(Parsed(key(name)).destinations.at(0).keys.at(0).name, "first") << name;
  }
  for (const char* name :
       {"tenants/t/destinations/e/keys/first", "keys/first", "tenants/t/destinations/d/keys/a/b"}) {
    EXPECT_EQ(Refusal(key(name)),
              "destinations[0].keys[0].name: must be 1-63 characters of [a-z0-9-]")
        << name;
  }
}

TEST(Names, AreWrittenOutInMessages) {
  const auto tree = ParseYaml(
      "destinations:\n"
      "- {name: a, keys: [{name: first}, {name: x/y}]}\n"
      "- {keys: [{name: first}], name: tenants/t/destinations/b}\n"
      "subscriptions: [{name: s}, {name: ''}]");
  ASSERT_TRUE(tree.ok()) << tree.status();
  resource::NoReferences references;
  resource::Errors errors(references);
  v1::Config config;
  FromYaml(**tree, config, resource::Path(), errors);
  EXPECT_EQ(errors.ToString(), "");
  EXPECT_EQ(config.destinations(0).name(), "tenants/default/destinations/a");
  EXPECT_EQ(config.destinations(0).keys(0).name(), "tenants/default/destinations/a/keys/first");
  EXPECT_EQ(config.destinations(0).keys(1).name(), "x/y");
  EXPECT_EQ(config.destinations(1).name(), "tenants/t/destinations/b");
  EXPECT_EQ(config.destinations(1).keys(0).name(), "tenants/t/destinations/b/keys/first");
  EXPECT_EQ(config.subscriptions(0).name(), "tenants/default/subscriptions/s");
  EXPECT_EQ(config.subscriptions(1).name(), "");
}

TEST(Subscriptions, ADisabledOneIsKept) {
  const std::string members = "name: s, types: ['*'], destinations: [orders-eu]";
  EXPECT_TRUE(Parsed(Subscribe(members + ", disabled: true")).subscriptions.at(0).disabled);
  EXPECT_FALSE(Parsed(Subscribe(members)).subscriptions.at(0).disabled);
}

TEST(Catalog, HoldsBuiltInAndConfiguredTypesSorted) {
  const Config config = Parsed("event_types: [{name: zz_1.a-b}, {name: a, description: An a.}]");
  EXPECT_EQ(config.types.front(), "a");
  EXPECT_EQ(config.types.back(), "zz_1.a-b");
  EXPECT_EQ(config.types.size(), model::BuiltInTypes().size() + 2);
  EXPECT_TRUE(std::ranges::is_sorted(config.types));
  EXPECT_TRUE(std::ranges::is_sorted(model::BuiltInTypes()));
  EXPECT_EQ(model::BuiltInTypes().size(), 18u);
}

TEST(Catalog, Bounds) {
  const std::string longest(128, 't');
  EXPECT_EQ(Refusal("event_types: [{name: " + longest + "}]"), "");
  for (const std::string& bad :
       {longest + "t", std::string("''"), std::string("A"), std::string(".a"), std::string("a."),
        std::string("a..b"), std::string("'a b'"), std::string("'a.*'")}) {
    EXPECT_THAT(Refusal("event_types: [{name: " + bad + "}]"),
                StartsWith("event_types[0].name: must be 1-128"))
        << bad;
  }
  EXPECT_EQ(Refusal("event_types: [{name: a}, {name: a}]"),
            "event_types[1].name: 'a' is already event_types[0]");
  EXPECT_EQ(Refusal("event_types: [{name: session.create}]"),
            "event_types[0].name: 'session.create' is built in; leave it out");
  EXPECT_THAT(Refusal("event_types: [{name: a, description: " + std::string(1025, 'x') + "}]"),
              StartsWith("event_types[0].description: must be at most 1024 bytes"));
}

}  // namespace
}  // namespace carillon::config
