#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/descriptor_budget.h"
#include "carillon/config/file_source.h"
#include "carillon/log/log.h"
#include "make_engine.h"
#include "sim_journal.h"
#include "sim_parts.h"
#include "sim_threads.h"

namespace carillon::delivery {

/// The engine over simulated threads, step by step: every destination wants every event of its
/// tenant.
class SimEngineTest : public testing::Test {
 protected:
  SimEngineTest() {
    store_.wants = [this](const std::string& name, uint64_t position) {
      return TenantOf(name) == store_.events[position - 1]->tenant();
    };
    options_.observer = &observer_;
  }
  ~SimEngineTest() override { executor_.Clear(); }

  static std::string TenantOf(const std::string& name) { return name.substr(0, name.find('-')); }

  /// `name`: its tenant, a dash and something else.
  void Add(const std::string& name, uint32_t concurrency = 10) {
    model::Destination d;
    d.tenant = TenantOf(name);
    d.name = name;
    d.url = "http://" + name + "/";
    d.concurrency = concurrency;
    config_.destinations.push_back(d);
    config_.subscriptions.push_back(
        {.tenant = d.tenant, .name = name, .types = {"*"}, .destinations = {name}, .filter = {}});
  }

  void Start(uint32_t threads, uint32_t in_flight, uint32_t per_tenant) {
    config_.types = {"a"};
    config_.delivery.set_threads(threads);
    config_.delivery.set_max_memory_bytes(64 << 20);
    config_.delivery.set_max_lane_bytes(4 << 20);
    config_.limits.set_max_in_flight(in_flight);
    config_.limits.mutable_tenant_defaults()->set_max_in_flight(per_tenant);
    SimShard::Hooks hooks;
    hooks.receive = [this](const SimShard&, const SimCourier::Flight& flight) {
      return receive_(flight);
    };
    hooks.on_end = [](const SimShard&, const SimCourier::Flight&, const http::Response&) {};
    hooks.on_commit = [](const SimShard&, const routing::RoutingTable&) {};
    const auto options = [this](DispatcherOptions& own) { own.observer = options_.observer; };
    auto host = std::make_unique<SimThreads>(
        threads, options, std::move(hooks), [this] { return executor_.Step(); }, executor_, clock_,
        random_, journal_.stores(), metrics_);
    threads_ = host.get();
    auto engine = engine::MakeEngine(config_, clock_, places_, journal_.stores(), metrics_,
                                     *logger_, nullptr, std::move(host));
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    config::Config config = config_;
    const auto told = std::make_shared<std::optional<absl::Status>>();
    engine_->Apply(config::TakeSnapshot(1, config, nullptr),
                   [told](absl::Status status) { *told = std::move(status); });
    while (!*told && executor_.Step()) {
    }
    ASSERT_TRUE(*told && (*told)->ok());
  }

  void Publish(const std::string& tenant, size_t count, size_t bytes = 10) {
    std::vector<std::shared_ptr<model::Event>> events;
    for (size_t i = 0; i < count; ++i) {
      events.push_back(model::Event::Create({.id = "e" + std::to_string(++published_),
                                             .type = "a",
                                             .tenant = tenant,
                                             .payload = "\"" + std::string(bytes, 'x') + "\""}));
    }
    journal_.accepted_at = clock_.Wall();
    journal_.Append(std::move(events), {});
  }

  void RunFor(std::chrono::nanoseconds time) {
    const auto there = std::make_shared<bool>(false);
    executor_.At(clock_.Mono() + time, [there] { *there = true; });
    while (!*there && executor_.Step()) {
    }
  }

  base::SimulatedClock clock_;
  base::SeededRandom random_{7};
  SimExecutor executor_{clock_, random_};
  SimStore store_;
  SimObserver observer_;
  NullMetrics metrics_;
  DispatcherOptions options_;
  SimJournal journal_{store_, executor_, clock_, random_};
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kError, clock_);
  base::DescriptorBudget places_{1'000'000};
  config::Config config_;
  SimCourier::Receive receive_ = [](const SimCourier::Flight&) { return SimCourier::End{}; };
  std::unique_ptr<engine::Engine> engine_;
  SimThreads* threads_ = nullptr;
  size_t published_ = 0;
};

}  // namespace carillon::delivery
