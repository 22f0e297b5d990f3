// What figures and pages tell of the configuration in force, and what a change of it takes.

#include "in_force.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <sstream>
#include <string>
#include <utility>

#include "certificates.h"

namespace carillon::server {
namespace {

using testing::HasSubstr;

constexpr long kDay = 24 * 3600;

class InForceTest : public testing::Test {
 protected:
  static model::Destination Named(const std::string& tenant, const std::string& name,
                                  const std::string& bundle) {
    model::Destination destination;
    destination.tenant = tenant;
    destination.name = name;
    destination.url = "https://a.example/";
    destination.tls.ca_bundle = bundle;
    return destination;
  }
  std::string BundleEndingIn(long seconds) {
    return http::TestCa::CertificateOf(ca_.Server("DNS:a.example", seconds).get());
  }
  metrics::ProcessGauges Gauges() const {
    metrics::ProcessGauges gauges;
    in_force_.Describe(gauges);
    return gauges;
  }

  http::TestCa ca_;
  base::SimulatedClock clock_;
  std::ostringstream out_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(out_, log::Level::kInfo, clock_);
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create("test");
  admin::Health health_;
  InForce in_force_{*metrics_, health_, *logger_};
};

TEST_F(InForceTest, TheRevisionIsToldByThePageAndTheFigure) {
  in_force_.Set(resource::MakeSnapshot(7, {}, {"x"}, {Named("t", "a", "")}, {}, nullptr));
  EXPECT_EQ(health_.Get().revision, 7u);
  EXPECT_THAT(metrics_->Render(), HasSubstr("carillon_config_generation 7\n"));
}

TEST_F(InForceTest, WhatEndsAndWhatIsNotVerifiedFollowsEachChange) {
  const auto first = resource::MakeSnapshot(
      1, {}, {}, {Named("t", "a", BundleEndingIn(kDay)), Named("t", "b", "")}, {}, nullptr);
  in_force_.Set(first);
  ASSERT_EQ(Gauges().certificates.size(), 1u);
  EXPECT_EQ(Gauges().certificates[0].destination, "a");
  EXPECT_EQ(Gauges().unverified_destinations, 0u);
  model::Destination open = Named("t", "b", "");
  open.tls.verify = false;
  in_force_.Set(resource::MakeSnapshot(2, {}, {}, {open}, {}, first.get()));
  EXPECT_TRUE(Gauges().certificates.empty());
  EXPECT_EQ(Gauges().unverified_destinations, 1u);
}

// Counts what is looked at. The time is printed, to be compared by people: see docs/benchmarks.md.
TEST_F(InForceTest, OneChangeAmongManyTakesNoMoreThanItChanges) {
  constexpr int kTenants = 10'000;
  constexpr int kEach = 10;
  const std::string bundle = BundleEndingIn(2 * kDay);
  std::vector<model::Destination> destinations;
  for (int t = 0; t < kTenants; ++t) {
    for (int d = 0; d < kEach; ++d) {
      destinations.push_back(Named("tenant" + std::to_string(t), "d" + std::to_string(d), bundle));
    }
  }
  const auto before = resource::MakeSnapshot(1, {}, {}, std::move(destinations), {}, nullptr);
  const auto begin = std::chrono::steady_clock::now();
  in_force_.Set(before);
  const auto all = std::chrono::steady_clock::now() - begin;
  // As a source does that knows what it changes.
  auto next = std::make_shared<resource::Snapshot>(*before);
  auto tenant = std::make_shared<resource::TenantResources>(*next->tenants[777]);
  auto changed = std::make_shared<model::Destination>(*tenant->destinations[3].value);
  changed->tls.ca_bundle = BundleEndingIn(kDay);
  next->revision = 2;
  tenant->destinations[3] = {changed, 2};
  next->tenants[777] = tenant;
  EXPECT_EQ(resource::Compare(*before, *next).compared, 2u * kEach) << "those of its tenant";
  const auto start = std::chrono::steady_clock::now();
  in_force_.Set(next);
  const auto one = std::chrono::steady_clock::now() - start;
  using Microseconds = std::chrono::duration<double, std::micro>;
  std::printf("%d destinations: %.0f us; one of them changed: %.0f us\n", kTenants * kEach,
              Microseconds(all).count(), Microseconds(one).count());
  ASSERT_EQ(Gauges().certificates.size(), 10u);
  EXPECT_EQ(Gauges().certificates[0].tenant, changed->tenant);
  EXPECT_EQ(Gauges().certificates[0].destination, "d3");
}

}  // namespace
}  // namespace carillon::server
