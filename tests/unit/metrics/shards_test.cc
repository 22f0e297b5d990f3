// What delivery threads count: added up over them, bounded, there from the start.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "carillon/metrics/metrics.h"
#include "scrape.h"

namespace carillon::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr char kCreated[] = "carillon_deliveries_created_total";
constexpr char kUnrouted[] = "carillon_events_unrouted_total";

std::string Of(const std::string& name, const std::string& label, const std::string& value) {
  return name + "{" + label + "=\"" + value + "\"}";
}

std::vector<std::string> Types(size_t count) {
  std::vector<std::string> types;
  for (size_t i = 0; i < count; ++i) types.push_back("type.t" + std::to_string(i));
  return types;
}

TEST(Shards, EverySeriesIsThereWithoutAny) {
  const Scrape scrape = ReadScrape(Metrics::Create("v")->Render());
  EXPECT_EQ(scrape.at("carillon_accepted_to_first_attempt_seconds_count"), 0);
  EXPECT_EQ(scrape.at("carillon_accepted_to_first_attempt_seconds_bucket{le=\"1\"}"), 0);
  for (const char* phase : {"dns", "connect", "tls", "first_byte", "body"}) {
    EXPECT_EQ(scrape.at(Of("carillon_attempt_phase_seconds_count", "phase", phase)), 0);
  }
  for (const char* state : {"connecting", "busy", "idle"}) {
    EXPECT_EQ(scrape.at(Of("carillon_destination_connections", "state", state)), 0);
  }
  EXPECT_EQ(scrape.at("carillon_retry_overdue_seconds"), 0);
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "_other")), 0);
  EXPECT_EQ(scrape.at(Of(kUnrouted, "type", "_other")), 0);
}

TEST(Shards, WhatOneCountedStaysAndTheNextGoesOn) {
  const auto metrics = Metrics::Create("v");
  const size_t place = metrics->PlaceOfType("type.t0");
  auto first = metrics->AddShard();
  const ShardMetrics* const figures = first.get();
  first->created[place].Add(3);
  const auto other = metrics->AddShard();
  EXPECT_NE(other.get(), figures) << "somebody has them";
  first.reset();
  EXPECT_EQ(ReadScrape(metrics->Render()).at(Of(kCreated, "type", "type.t0")), 3);
  const auto next = metrics->AddShard();
  EXPECT_EQ(next.get(), figures) << "shards come and go, figures do not add up";
  next->created[place].Add(2);
  EXPECT_EQ(ReadScrape(metrics->Render()).at(Of(kCreated, "type", "type.t0")), 5);
  EXPECT_NE(metrics->AddShard().get(), figures);
}

TEST(Shards, HistogramsAddUpAndTheirBoundsAreInclusive) {
  const auto metrics = Metrics::Create("v");
  const auto a = metrics->AddShard();
  const auto b = metrics->AddShard();
  a->first_attempt.Observe(milliseconds(1));
  a->first_attempt.Observe(milliseconds(1) + nanoseconds(1));
  b->first_attempt.Observe(seconds(100'000));
  b->first_attempt.Observe(seconds(-5));  // the time of day was set back
  b->phases[static_cast<size_t>(AttemptPhase::kTls)].Observe(milliseconds(30));
  const Scrape scrape = ReadScrape(metrics->Render());
  const std::string name = "carillon_accepted_to_first_attempt_seconds";
  EXPECT_EQ(scrape.at(Of(name + "_bucket", "le", "0.0005")), 1);
  EXPECT_EQ(scrape.at(Of(name + "_bucket", "le", "0.001")), 2);
  EXPECT_EQ(scrape.at(Of(name + "_bucket", "le", "0.002")), 3);
  EXPECT_EQ(scrape.at(Of(name + "_bucket", "le", "86400")), 3);
  EXPECT_EQ(scrape.at(Of(name + "_bucket", "le", "+Inf")), 4);
  EXPECT_EQ(scrape.at(name + "_count"), 4);
  EXPECT_NEAR(scrape.at(name + "_sum"), 100'000.002, 1e-6);
  EXPECT_EQ(scrape.at("carillon_attempt_phase_seconds_count{phase=\"tls\"}"), 1);
  EXPECT_DOUBLE_EQ(scrape.at("carillon_attempt_phase_seconds_sum{phase=\"tls\"}"), 0.03);
  EXPECT_EQ(scrape.at("carillon_attempt_phase_seconds_count{phase=\"dns\"}"), 0);
}

TEST(Shards, ConnectionsAddUp) {
  const auto metrics = Metrics::Create("v");
  const auto a = metrics->AddShard();
  const auto b = metrics->AddShard();
  a->connections[static_cast<size_t>(ConnectionState::kIdle)] = 3;
  b->connections[static_cast<size_t>(ConnectionState::kIdle)] = 4;
  b->connections[static_cast<size_t>(ConnectionState::kConnecting)] = 1;
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at(Of("carillon_destination_connections", "state", "idle")), 7);
  EXPECT_EQ(scrape.at(Of("carillon_destination_connections", "state", "connecting")), 1);
  EXPECT_EQ(scrape.at(Of("carillon_destination_connections", "state", "busy")), 0);
}

TEST(Shards, ARetryThatIsDueGetsLaterThoughItsThreadIsStuck) {
  base::SimulatedClock clock;
  const auto metrics = Metrics::Create("v", 100, &clock);
  const auto a = metrics->AddShard();
  const auto b = metrics->AddShard();
  const auto overdue = [&] {
    return ReadScrape(metrics->Render()).at("carillon_retry_overdue_seconds");
  };
  const int64_t now = clock.Mono().time_since_epoch().count();
  a->retry_due_ns = now + 2'000'000'000;
  b->retry_due_ns = now + 9'000'000'000;
  EXPECT_EQ(overdue(), 0);
  clock.Advance(milliseconds(2500));
  EXPECT_DOUBLE_EQ(overdue(), 0.5);
  clock.Advance(seconds(60));
  EXPECT_DOUBLE_EQ(overdue(), 60.5);
  a->retry_due_ns = ShardMetrics::kNothingDue;
  EXPECT_DOUBLE_EQ(overdue(), 53.5);
}

TEST(Shards, TheTypesOfASmallCatalogAreThereFromTheStart) {
  const auto metrics = Metrics::Create("v");
  const auto shard = metrics->AddShard();
  metrics->KnowTypes(Types(kTypePlaces));
  Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.Count(kCreated), kTypePlaces + 1);
  EXPECT_EQ(scrape.at(Of(kUnrouted, "type", "type.t7")), 0);
  shard->unrouted[metrics->PlaceOfType("type.t7")].Add();
  shard->created[metrics->PlaceOfType("one.more")].Add(5);
  scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at(Of(kUnrouted, "type", "type.t7")), 1);
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "_other")), 5);
  EXPECT_EQ(scrape.Count(kCreated), kTypePlaces + 1);
}

TEST(Shards, OfALargeCatalogTheFirstSeenHaveSeries) {
  const auto metrics = Metrics::Create("v");
  const auto shard = metrics->AddShard();
  const std::vector<std::string> types = Types(1000);
  metrics->KnowTypes(types);
  EXPECT_EQ(ReadScrape(metrics->Render()).Count(kCreated), 1u);
  for (auto it = types.rbegin(); it != types.rend(); ++it) {
    shard->created[metrics->PlaceOfType(*it)].Add();
  }
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.Count(kCreated), kTypePlaces + 1);
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "type.t999")), 1);
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "_other")), 900);
  EXPECT_EQ(scrape.Sum(kCreated), 1000);
  EXPECT_EQ(metrics->PlaceOfType("type.t0"), kTypePlaces);
}

TEST(Shards, ATypeThatIsCalledLikeAllOthersIsOneOfThem) {
  const auto metrics = Metrics::Create("v");
  const auto shard = metrics->AddShard();
  metrics->KnowTypes(std::vector<std::string>{"_other", "a"});
  shard->created[metrics->PlaceOfType("_other")].Add(2);
  const Scrape scrape = ReadScrape(metrics->Render());  // throws where a series is there twice
  EXPECT_EQ(scrape.Count(kCreated), 2u);
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "_other")), 2);
}

TEST(Shards, ATypeKeepsItsPlaceOverReloads) {
  const auto metrics = Metrics::Create("v");
  const auto shard = metrics->AddShard();
  metrics->KnowTypes(std::vector<std::string>{"a", "b"});
  const size_t b = metrics->PlaceOfType("b");
  shard->created[b].Add(3);
  metrics->KnowTypes(std::vector<std::string>{"0", "b"});
  EXPECT_EQ(metrics->PlaceOfType("b"), b);
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "a")), 0);
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "b")), 3);
  EXPECT_EQ(scrape.at(Of(kCreated, "type", "0")), 0);
}

// The worst there can be: all places taken, every outcome seen, every type.
TEST(Shards, AScrapeOfTenThousandDestinationsHasAtMostFiveThousandSeries) {
  const auto metrics = Metrics::Create("v");
  std::vector<std::shared_ptr<LaneMetrics>> lanes;
  for (int i = 0; i < 10'000; ++i) {
    lanes.push_back(
        metrics->AddLane("t" + std::to_string(i % 50), "destination-" + std::to_string(i)));
    for (size_t outcome = 0; outcome < model::kOutcomeCount; ++outcome) {
      lanes.back()->CountAttempt(static_cast<model::Outcome>(outcome));
    }
  }
  for (int i = 0; i < 16; ++i) metrics->AddShard();
  for (const std::string& type : Types(1000)) metrics->PlaceOfType(type);
  metrics->SetConfiguration(1, "hash");
  metrics->SetProcessGauges([] {
    ProcessGauges gauges;
    for (int i = 0; i < 10; ++i) {
      gauges.holders.push_back({.tenant = "t", .destination = std::to_string(i)});
      gauges.certificates.push_back({.tenant = "t", .destination = std::to_string(i)});
    }
    return gauges;
  });
  metrics->Render();
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_LE(scrape.values.size(), 5000u);
  EXPECT_GT(scrape.values.size(), 3000u);
}

}  // namespace
}  // namespace carillon::metrics
