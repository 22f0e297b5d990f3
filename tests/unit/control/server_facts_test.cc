#include "carillon/control/server_facts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

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

}  // namespace
}  // namespace carillon::control
