// Per-destination series: bounded, exact, never going back.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "carillon/metrics/metrics.h"
#include "scrape.h"

namespace carillon::metrics {
namespace {

using model::Outcome;

constexpr char kAttempts[] = "carillon_destination_attempts_total";
constexpr char kDelivered[] = "carillon_destination_delivered_total";

std::string Series(const std::string& name, const std::string& tenant,
                   const std::string& destination, const std::string& more = "") {
  return name + "{tenant=\"" + tenant + "\",destination=\"" + destination + "\"" + more + "}";
}

std::string Attempts(const std::string& destination, const std::string& outcome) {
  const std::string tenant = destination == "_other" ? "_other" : "t";
  return Series(kAttempts, tenant, destination, ",outcome=\"" + outcome + "\"");
}

void Deliver(LaneMetrics& lane, int times) {
  for (int i = 0; i < times; ++i) lane.CountAttempt(Outcome::kSuccess);
  lane.delivered += static_cast<uint64_t>(times);
}

TEST(Lanes, ADestinationCountsFromItsStartWhenThereIsRoom) {
  const auto metrics = Metrics::Create("v");
  const auto lane = metrics->AddLane("t", "a");
  Deliver(*lane, 3);
  lane->CountAttempt(Outcome::kConnectTimeout);
  lane->CountAttempt(Outcome::kUnreachable);
  lane->dead = 1;
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at(Attempts("a", "success")), 3);
  EXPECT_EQ(scrape.at(Attempts("a", "connect_timeout")), 1);
  EXPECT_EQ(scrape.at(Attempts("a", "unreachable")), 1);
  EXPECT_FALSE(scrape.has(Attempts("a", "dns")));
  EXPECT_EQ(scrape.at(Attempts("_other", "dns")), 0);
  EXPECT_EQ(scrape.Count(kAttempts), 3u + model::kOutcomeCount);
  EXPECT_EQ(scrape.at(Series(kDelivered, "t", "a")), 3);
  EXPECT_EQ(scrape.at("carillon_delivered_total"), 3);
  EXPECT_EQ(scrape.at("carillon_dead_total"), 1);
  EXPECT_EQ(scrape.at(Series("carillon_destination_dead_total", "t", "a")), 1);
}

TEST(Lanes, GaugesAddUp) {
  base::SimulatedClock clock;
  const auto metrics = Metrics::Create("v", 1, &clock);
  const auto busy = metrics->AddLane("t", "busy");
  const auto calm = metrics->AddLane("t", "calm");
  busy->ready = 5;
  busy->in_flight = 2;
  busy->oldest_ready_ns = base::ToUnixNanos(clock.Wall());
  busy->state = DestinationState::kBehind;
  clock.Advance(std::chrono::seconds(3));
  calm->ready = -1;  // read between two changes
  calm->parked = 4;
  calm->oldest_ready_ns = base::ToUnixNanos(clock.Wall());
  calm->state = DestinationState::kFailing;
  clock.Advance(std::chrono::milliseconds(500));
  const Scrape scrape = ReadScrape(metrics->Render());
  constexpr char kEach[] = "carillon_destination_deliveries";
  constexpr char kAge[] = "carillon_destination_oldest_ready_age_seconds";
  EXPECT_EQ(scrape.at("carillon_deliveries{state=\"ready\"}"), 5);
  EXPECT_EQ(scrape.at("carillon_deliveries{state=\"in_flight\"}"), 2);
  EXPECT_EQ(scrape.at("carillon_deliveries{state=\"parked\"}"), 4);
  EXPECT_EQ(scrape.at(Series(kEach, "t", "busy", ",state=\"in_flight\"")), 2);
  EXPECT_EQ(scrape.at(Series(kEach, "_other", "_other", ",state=\"parked\"")), 4);
  EXPECT_DOUBLE_EQ(scrape.at("carillon_oldest_ready_age_seconds"), 3.5);
  EXPECT_DOUBLE_EQ(scrape.at(Series(kAge, "t", "busy")), 3.5);
  EXPECT_DOUBLE_EQ(scrape.at(Series(kAge, "_other", "_other")), 0.5);
  EXPECT_EQ(scrape.at("carillon_destinations{state=\"behind\"}"), 1);
  EXPECT_EQ(scrape.at("carillon_destinations{state=\"failing\"}"), 1);
  EXPECT_EQ(scrape.at("carillon_destinations{state=\"idle\"}"), 0);
  clock.JumpWall(std::chrono::hours(-1));
  EXPECT_EQ(ReadScrape(metrics->Render()).at("carillon_oldest_ready_age_seconds"), 0);
}

TEST(Lanes, WhatAllHaveInCommonAddsUpAndStaysWhenOneGoes) {
  const auto metrics = Metrics::Create("v", 1);
  auto a = metrics->AddLane("t", "a");
  const auto b = metrics->AddLane("t", "b");
  a->deferred[static_cast<size_t>(DeferredBy::kBudget)].Add(2);
  b->deferred[static_cast<size_t>(DeferredBy::kBudget)].Add(3);
  b->deferred[static_cast<size_t>(DeferredBy::kRate)].Add();
  a->transitions[static_cast<size_t>(BreakerState::kOpen)].Add(4);
  a->transitions[static_cast<size_t>(BreakerState::kClosed)].Add(1);
  metrics->Render();
  a.reset();
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at("carillon_retries_held_total{reason=\"budget\"}"), 5);
  EXPECT_EQ(scrape.at("carillon_retries_held_total{reason=\"rate\"}"), 1);
  EXPECT_EQ(scrape.at("carillon_retries_held_total{reason=\"breaker\"}"), 0);
  EXPECT_EQ(scrape.at("carillon_retries_held_total{reason=\"pause\"}"), 0);
  EXPECT_EQ(scrape.at("carillon_breaker_transitions_total{state=\"open\"}"), 4);
  EXPECT_EQ(scrape.at("carillon_breaker_transitions_total{state=\"half_open\"}"), 0);
  EXPECT_EQ(scrape.at("carillon_breaker_transitions_total{state=\"closed\"}"), 1);
}

TEST(Lanes, TheBusiestGetThePlacesAndKeepThem) {
  const auto metrics = Metrics::Create("v", 2);
  const auto a = metrics->AddLane("t", "a");
  const auto b = metrics->AddLane("t", "b");
  const auto c = metrics->AddLane("t", "c");
  Deliver(*a, 1);
  Deliver(*b, 20);
  Deliver(*c, 10);
  Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_FALSE(scrape.has(Series(kDelivered, "t", "a")));
  EXPECT_EQ(scrape.at(Series(kDelivered, "t", "b")), 20);
  EXPECT_EQ(scrape.at(Series(kDelivered, "t", "c")), 10);
  EXPECT_EQ(scrape.at(Series(kDelivered, "_other", "_other")), 1);
  Deliver(*a, 1000);
  scrape = ReadScrape(metrics->Render());
  EXPECT_FALSE(scrape.has(Series(kDelivered, "t", "a")));
  EXPECT_EQ(scrape.at(Series(kDelivered, "_other", "_other")), 1001);
}

TEST(Lanes, AnUnusedPlaceGoesToOneThatHasWork) {
  const auto metrics = Metrics::Create("v", 2);
  const auto a = metrics->AddLane("t", "a");
  const auto b = metrics->AddLane("t", "b");
  b->parked = 1;
  EXPECT_TRUE(ReadScrape(metrics->Render()).has(Series(kDelivered, "t", "a")));
  const auto c = metrics->AddLane("t", "c");
  EXPECT_FALSE(ReadScrape(metrics->Render()).has(Series(kDelivered, "t", "c")));
  Deliver(*c, 7);
  Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_FALSE(scrape.has(Series(kDelivered, "t", "a")));
  EXPECT_TRUE(scrape.has(Series(kDelivered, "t", "b")));
  EXPECT_EQ(scrape.at(Series(kDelivered, "t", "c")), 7);
}

TEST(Lanes, PlacesStayWhereTheyAreWhileNobodyHasWork) {
  const auto metrics = Metrics::Create("v", 1);
  auto a = metrics->AddLane("t", "a");
  const auto b = metrics->AddLane("t", "b");
  const auto c = metrics->AddLane("t", "c");
  Deliver(*a, 100);
  Deliver(*b, 10);
  Deliver(*c, 5);
  metrics->Render();
  a.reset();
  for (int i = 0; i < 3; ++i) {
    const Scrape scrape = ReadScrape(metrics->Render());
    EXPECT_TRUE(scrape.has(Series(kDelivered, "t", "b"))) << i;
    EXPECT_FALSE(scrape.has(Series(kDelivered, "t", "c"))) << i;
  }
  Deliver(*c, 1);
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_FALSE(scrape.has(Series(kDelivered, "t", "b")));
  EXPECT_EQ(scrape.at(Series(kDelivered, "t", "c")), 1);
  EXPECT_EQ(scrape.at(Series(kDelivered, "_other", "_other")), 115);
}

TEST(Lanes, OneThatGetsItsPlaceLaterLeavesWhatWasShownInOther) {
  const auto metrics = Metrics::Create("v", 1);
  auto a = metrics->AddLane("t", "a");
  const auto b = metrics->AddLane("t", "b");
  Deliver(*a, 10);
  Deliver(*b, 4);
  EXPECT_EQ(ReadScrape(metrics->Render()).at(Series(kDelivered, "_other", "_other")), 4);
  a.reset();
  Deliver(*b, 2);
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_FALSE(scrape.has(Series(kDelivered, "t", "a")));
  EXPECT_EQ(scrape.at(Series(kDelivered, "_other", "_other")), 14);
  EXPECT_EQ(scrape.at(Series(kDelivered, "t", "b")), 2);
  EXPECT_EQ(scrape.at("carillon_delivered_total"), 16);
  EXPECT_EQ(scrape.at("carillon_destinations{state=\"idle\"}"), 1);
}

TEST(Lanes, ASuccessorOfTheSameNameGoesOn) {
  const auto metrics = Metrics::Create("v");
  auto old = metrics->AddLane("t", "a");
  Deliver(*old, 5);
  metrics->Render();
  const auto successor = metrics->AddLane("t", "a");
  Deliver(*old, 1);
  Deliver(*successor, 2);
  EXPECT_EQ(ReadScrape(metrics->Render()).at(Series(kDelivered, "t", "a")), 8);
  old.reset();
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at(Series(kDelivered, "t", "a")), 8);
  EXPECT_EQ(scrape.at("carillon_destinations{state=\"idle\"}"), 1);
}

TEST(Lanes, ANameLikeTheFoldIsFolded) {
  const auto metrics = Metrics::Create("v");
  const auto lane = metrics->AddLane("_other", "_other");
  Deliver(*lane, 3);
  EXPECT_EQ(ReadScrape(metrics->Render()).at(Series(kDelivered, "_other", "_other")), 3);
}

TEST(Lanes, LanesThatComeAndGoWithoutAScrapeAreCounted) {
  const auto metrics = Metrics::Create("v", 3);
  for (int i = 0; i < 5'000; ++i) Deliver(*metrics->AddLane("t", std::to_string(i)), 1);
  const Scrape scrape = ReadScrape(metrics->Render());
  EXPECT_EQ(scrape.at("carillon_delivered_total"), 5'000);
  EXPECT_EQ(scrape.Count(kDelivered), 1u);
}

/// Lanes of ever new names come, count and go at random: after each scrape the sums are exact, no
/// series has gone back and no more have their own than may.
TEST(Lanes, CountersNeverGoBackAndSumsAreExact) {
  constexpr size_t kTop = 5;
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto metrics = Metrics::Create("v", kTop);
  std::vector<std::shared_ptr<LaneMetrics>> lanes;
  std::map<std::string, double> before;
  uint64_t delivered = 0;
  uint64_t attempts = 0;
  for (int round = 0, names = 0; round < 300; ++round) {
    for (int step = 0; step < 20; ++step) {
      const uint64_t dice = random() % 20;
      if (dice == 0 || lanes.empty()) {
        lanes.push_back(metrics->AddLane("t", "d" + std::to_string(names++)));
      } else if (dice == 1) {
        lanes.erase(lanes.begin() + static_cast<ptrdiff_t>(random() % lanes.size()));
      } else {
        LaneMetrics& lane = *lanes[random() % lanes.size()];
        lane.CountAttempt(static_cast<Outcome>(random() % model::kOutcomeCount));
        ++lane.delivered;
        ++attempts;
        ++delivered;
      }
    }
    const Scrape scrape = ReadScrape(metrics->Render());
    EXPECT_EQ(scrape.at("carillon_delivered_total"), static_cast<double>(delivered));
    EXPECT_EQ(scrape.Sum(kDelivered), static_cast<double>(delivered));
    EXPECT_EQ(scrape.Sum(kAttempts), static_cast<double>(attempts));
    EXPECT_LE(scrape.Count(kDelivered), kTop + 1);
    for (const auto& [series, value] : scrape.values) {
      if (series.find("_total{") == std::string::npos || before.count(series) == 0) continue;
      EXPECT_GE(value, before[series]) << series;
    }
    before = scrape.values;
  }
}

}  // namespace
}  // namespace carillon::metrics
