#include "carillon/control/server_facts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "carillon/v1/destination_service.pb.h"

namespace carillon::control {
namespace {

class MovingClock final : public base::Clock {
 public:
  base::MonoTime Mono() const override { return base::MonoTime(std::chrono::seconds(seconds)); }
  base::WallTime Wall() const override { return base::WallTime(std::chrono::seconds(seconds)); }
  int64_t seconds = 1'700'000'000;
};

ServerFacts::SettingsPtr Settings(uint64_t max_payload_bytes) {
  auto settings = std::make_shared<v1::Config>();
  settings->mutable_server()->set_max_payload_bytes(max_payload_bytes);
  settings->mutable_server()->set_max_batch_events(7);
  return settings;
}

ServerFacts::SourcesPtr Sources(uint32_t line) {
  auto sources = std::make_shared<v1::SettingSources>();
  sources->set_file("carillon.yaml");
  v1::SettingSource& source = *sources->add_sources();
  source.set_path("server.max_payload_bytes");
  source.set_line(line);
  return sources;
}

TEST(ServerFacts, WhatWasReadAtTheStartStaysAndWhatTheFileSaysFollows) {
  MovingClock clock;
  ServerFacts facts("1.2.3", Settings(1000), Sources(3), clock);
  facts.SetPublishAddress("127.0.0.1:4711");
  clock.seconds += 60;
  EXPECT_EQ(facts.sources()->sources(0).line(), 3u);
  facts.SetSettings(Settings(2000), Sources(4));
  const v1::ServerInfo info = facts.Info(17);
  EXPECT_EQ(info.version(), "1.2.3");
  EXPECT_EQ(info.applied_revision(), 17);
  EXPECT_EQ(info.start_time().seconds(), 1'700'000'000);
  EXPECT_EQ(info.current_time().seconds(), 1'700'000'060);
  EXPECT_EQ(info.publish_address(), "127.0.0.1:4711");
  EXPECT_EQ(info.max_payload_bytes(), 1000u) << "needs a restart";
  EXPECT_EQ(info.max_batch_events(), 7u);
  EXPECT_EQ(facts.settings()->server().max_payload_bytes(), 2000u);
  EXPECT_EQ(facts.sources()->file(), "carillon.yaml");
  EXPECT_EQ(facts.sources()->sources(0).line(), 4u);
}

TEST(ServerFacts, WhatTheFileHasIsToldWhereItIs) {
  MovingClock clock;
  auto sources = std::make_shared<v1::SettingSources>();
  sources->set_file("/etc/carillon/carillon.yaml");
  ServerFacts facts("1.2.3", Settings(1000), sources, clock);
  v1::ListDestinationsResponse list;
  for (const char* const id : {"a", "b", "c"}) {
    v1::Destination& destination = *list.add_destinations();
    destination.set_name(std::string("tenants/acme/destinations/") + id);
    destination.mutable_origin()->set_kind(v1::Origin::FILE);
    v1::Key& key = *destination.add_keys();
    key.set_name(destination.name() + "/keys/first");
    key.mutable_origin()->set_kind(v1::Origin::FILE);
  }
  list.mutable_destinations(1)->mutable_origin()->set_kind(v1::Origin::API);
  facts.Locate(list);
  EXPECT_EQ(list.destinations(0).origin().location(), "") << "no lines are known";
  config::ResourceLines lines;
  lines.Add("tenants/acme/destinations/a", 17);
  lines.Add("tenants/acme/destinations/a/keys/first", 19);
  lines.Add("tenants/acme/destinations/b", 20);
  facts.SetLines(std::make_shared<const config::ResourceLines>(lines));
  facts.Locate(list);
  EXPECT_EQ(list.destinations(0).origin().location(), "carillon.yaml:17");
  EXPECT_EQ(list.destinations(0).keys(0).origin().location(), "carillon.yaml:19");
  EXPECT_EQ(list.destinations(1).origin().location(), "") << "it is not of the file";
  EXPECT_EQ(list.destinations(2).origin().location(), "") << "nobody knows its line";
  v1::Destination one = list.destinations(0);
  one.mutable_origin()->clear_location();
  facts.Locate(one);
  EXPECT_EQ(one.origin().location(), "carillon.yaml:17");
  v1::Destination made;
  made.set_name("tenants/acme/destinations/a");
  facts.Locate(made);
  EXPECT_FALSE(made.has_origin());
}

}  // namespace
}  // namespace carillon::control
