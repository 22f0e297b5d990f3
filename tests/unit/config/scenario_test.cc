// What the contracts ask of configuration and routing, read from tests/contracts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "carillon/routing/routing_table.h"
#include "fixtures.h"

namespace carillon::config {
namespace {

using Json = nlohmann::json;

Json Contract(const char* name) {
  return Json::parse(ReadText(std::string(CARILLON_CONTRACTS_DIR) + "/" + name));
}

/// The URLs that an event of this type and payload reaches.
std::set<std::string> Reached(const routing::RoutingTable& table, const std::string& type,
                              const std::string& payload) {
  model::Event::Parts parts;
  parts.id = "e";
  parts.type = type;
  parts.tenant = "default";
  parts.payload = payload;
  std::vector<uint32_t> indices;
  table.Match(*model::Event::Create(parts), indices);
  std::set<std::string> urls;
  for (const uint32_t i : indices) urls.insert(table.at(i)->url);
  return urls;
}

std::shared_ptr<const routing::RoutingTable> TableOf(const std::string& yaml) {
  Config config = Parsed(yaml);
  return routing::RoutingTable::Compile(config.destinations, config.subscriptions, config.types);
}

/// JSON is YAML: a scenario's subscriptions as a configuration.
std::string ScenarioYaml(const Json& scenario) {
  Json config = {{"destinations", Json::array()}, {"subscriptions", Json::array()}};
  for (const Json& s : scenario["subscriptions"]) {
    const std::string name = "d" + std::to_string(config["destinations"].size());
    config["destinations"].push_back({{"name", name}, {"url", s["to"]}});
    config["subscriptions"].push_back(
        {{"name", "s-" + name}, {"types", s["types"]}, {"destinations", {name}}});
    if (s.contains("filter")) {
      EXPECT_EQ(s["filter"], "payload endpoint equals one value");
      config["subscriptions"].back()["filter"] = {{"payload", "endpoint"}, {"equals", "orders"}};
    }
  }
  return config.dump();
}

TEST(Scenarios, SyncHub) {
  const Json contract = Contract("synchub.json");
  ASSERT_EQ(contract["scenarios"].size(), 4u);
  const std::string orders = R"({"endpoint":"orders","success":true})";
  const std::string users = R"({"endpoint":"users","success":true})";
  for (const Json& scenario : contract["scenarios"]) {
    SCOPED_TRACE(scenario["name"].get<std::string>());
    const auto table = TableOf(ScenarioYaml(scenario));
    for (const std::string type : {"sync.run.completed", "insight.population.completed"}) {
      ASSERT_TRUE(contract["events"].contains(type));
      std::set<std::string> all, unfiltered;
      for (const Json& s : scenario["subscriptions"]) {
        if (s["types"][0] != "*" && s["types"][0] != type) continue;
        all.insert(s["to"]);
        if (!s.contains("filter")) unfiltered.insert(s["to"]);
      }
      EXPECT_EQ(Reached(*table, type, orders), all) << type;
      EXPECT_EQ(Reached(*table, type, users), unfiltered) << type;
    }
  }
}

TEST(Scenarios, SynthesisVrUrlPerLocation) {
  const Json contract = Contract("synthesisvr.json");
  const std::string location = contract["cases"][0]["session"]["location"];
  const auto table =
      TableOf(Json({{"destinations",
                     {{{"name", "here"}, {"url", "http://here/"}},
                      {{"name", "there"}, {"url", "http://there/"}}}},
                    {"subscriptions",
                     {{{"name", "here"},
                       {"types", {"session.*"}},
                       {"destinations", {"here"}},
                       {"filter", {{"payload", "location"}, {"equals", location}}}},
                      {{"name", "there"},
                       {"types", {"session.*"}},
                       {"destinations", {"there"}},
                       {"filter", {{"payload", "location"}, {"equals", "София"}}}}}}})
                  .dump());
  for (const Json& c : contract["cases"]) {
    EXPECT_EQ(Reached(*table, c["event_type"], c["session"].dump()),
              std::set<std::string>{"http://here/"});
  }
  Json elsewhere = contract["cases"][0]["session"];
  elsewhere["location"] = "София";
  EXPECT_EQ(Reached(*table, "session.create", elsewhere.dump()),
            std::set<std::string>{"http://there/"});
}

TEST(Scenarios, SynthesisVrUrlRule) {
  const std::string rule = Contract("synthesisvr.json")["url_rule"];
  ASSERT_THAT(rule, testing::StartsWith("must start with http:// or https://"));
  for (const char* url : {"http://h", "https://h/x"}) {
    EXPECT_EQ(Refusal(std::string("destinations: [{name: d, url: '") + url + "'}]"), "") << url;
  }
  for (const char* url :
       {"ftp://h/", "h.example.com", "//h/", "javascript:alert(1)", "", "http:/h"}) {
    EXPECT_EQ(Refusal(std::string("destinations: [{name: d, url: '") + url + "'}]"),
              "destinations[0].url: must start with http:// or https://")
        << url;
  }
}

TEST(Scenarios, TheDefaultScheduleIsThatOfStandardWebhooks) {
  const Json contract = Contract("standard-webhooks.json");
  const Config config = Parsed("destinations: [{name: d, url: 'http://h/'}]");
  const model::RetryPolicy& retry = config.destinations[0].retry;
  std::vector<int64_t> seconds;
  for (const auto delay : retry.delays) seconds.push_back(delay / std::chrono::seconds(1));
  EXPECT_EQ(seconds, contract["schedule_s"].get<std::vector<int64_t>>());
  EXPECT_GT(retry.jitter, 0) << contract["jitter"];
}

TEST(Scenarios, TenThousandDestinationsLoad) {
  std::string yaml = "destinations:\n";
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    yaml += "  - name: d" + n + "\n    url: https://h" + n + ".example.com/hooks\n";
  }
  yaml += "subscriptions:\n";
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    yaml += "  - name: s" + n + "\n    types: [session.*]\n    destinations: [d" + n + "]\n";
  }
  const Config config = Parsed(yaml);
  EXPECT_EQ(config.destinations.size(), 10'000u);
  EXPECT_EQ(config.subscriptions.size(), 10'000u);
}

}  // namespace
}  // namespace carillon::config
