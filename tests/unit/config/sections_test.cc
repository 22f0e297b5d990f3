// Which sections need a restart: marks that are the same for the same settings.
#include "carillon/resource/sections.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "fixtures.h"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Sections, EachThatDiffersIsNamed) {
  const auto before = StartSections(Parsed("server: {max_batch_events: 7}"));
  EXPECT_THAT(RestartNeeded(before, StartSections(Parsed("server: {max_batch_events: 7}"))),
              IsEmpty());
  EXPECT_THAT(RestartNeeded(before, StartSections(Parsed("{}"))), ElementsAre("server"));
  EXPECT_THAT(
      RestartNeeded(before, StartSections(Parsed("{journal: {kept_age: 40h}, delivery: {threads: "
                                                 "3}, resolver: {attempts: 1}}"))),
      ElementsAre("server", "journal", "delivery", "resolver"));
}

TEST(Sections, OfTracingWhatTheFileSays) {
  const auto before = StartSections(Parsed("{}"));
  EXPECT_EQ(before,
            StartSections(Parsed("tracing: {protocol: grpc, sample_ratio: 1, timeout: 10s}")));
  EXPECT_THAT(RestartNeeded(before, StartSections(Parsed("tracing: {endpoint: 'http://c:1'}"))),
              ElementsAre("tracing"));
  ::setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4317", 1);
  EXPECT_EQ(before, StartSections(Parsed("{}")));  // another process may have other variables
  ::unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  EXPECT_EQ(StartSections(Parsed("tracing: {headers: [{name: a, value: b}]}")),
            StartSections(Parsed("tracing: {headers: [{name: a, value: c}]}")));  // may be a secret
  EXPECT_EQ(StartSections(Parsed("tracing: {headers: [{name: a, value: b}]}")),
            StartSections(Parsed("tracing: {headers: [{name: a, secret: {env: HOME}}]}")));
  EXPECT_EQ(before, StartSections(Parsed("tracing: {tls: {insecure_skip_verify: true}}")));
  EXPECT_NE(before, StartSections(Parsed("tracing: {headers: [{name: a, value: b}]}")));
}

TEST(Sections, WhatAReloadTakesMakesNoDifference) {
  EXPECT_EQ(
      StartSections(Parsed("{}")),
      StartSections(Parsed("limits: {max_in_flight: 10, tenant_defaults: {max_in_flight: 5}}")));
}

TEST(Sections, ADefaultThatIsWrittenOutIsTheSame) {
  EXPECT_EQ(StartSections(Parsed("{}")),
            StartSections(Parsed("server: {admin_address: '127.0.0.1:7081'}")));
}

TEST(Sections, OneThatTheOtherLacksIsNeeded) {
  EXPECT_THAT(RestartNeeded({}, StartSections(Parsed("{}"))),
              ElementsAre("server", "journal", "delivery", "resolver", "delivery_log", "statistics",
                          "audit", "console", "secrets", "tracing"));
}

TEST(Sections, OfMasterKeysWhichTheyAre) {
  const std::string one = "secrets: {master_key: " + std::string(64, '1') + "}";
  const std::string other = "secrets: {master_key: " + std::string(64, '2') + "}";
  const auto before = StartSections(Parsed(one));
  EXPECT_EQ(before, StartSections(Parsed(one)));
  EXPECT_THAT(RestartNeeded(before, StartSections(Parsed(other))), ElementsAre("secrets"));
  EXPECT_THAT(RestartNeeded(StartSections(Parsed("{}")), before), ElementsAre("secrets"));
}

}  // namespace
}  // namespace carillon::config
