#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "carillon/base/descriptor_budget.h"
#include "carillon/config/file_source.h"
#include "carillon/log/log.h"
#include "engine_state.h"
#include "handover_checks.h"
#include "make_engine.h"
#include "sim_destinations.h"
#include "sim_journal.h"
#include "sim_parts.h"
#include "sim_publisher.h"
#include "sim_threads.h"

namespace carillon::delivery {

/// Two engines over one store, which hand shards to each other through chance: one gives a shard up
/// and the other takes it, or takes it unasked, or takes what one that crashed has left; beside
/// publishing, reloads, failing receivers, full disks. Small bounds, so that lanes fall behind.
class HandoverWorld {
 public:
  struct Counts {
    size_t given = 0;
    size_t given_in_part = 0;  // before all outcomes were written
    size_t stolen = 0;
    size_t crashes = 0;
    size_t refused = 0;  // for want of room
    HandoverChecks::Counts seen;

    Counts& operator+=(const Counts& other) {
      given += other.given;
      given_in_part += other.given_in_part;
      stolen += other.stolen;
      crashes += other.crashes;
      refused += other.refused;
      seen.by_deposed += other.seen.by_deposed;
      seen.twice += other.seen.twice;
      seen.in_order += other.seen.in_order;
      return *this;
    }
  };

  explicit HandoverWorld(uint64_t seed) : random_(seed) {
    store_.wants = [this](const std::string& name, uint64_t position) {
      return HandoverChecks::TenantOf(name) == store_.events[position - 1]->tenant();
    };
    max_memory_ = 4000 + Below(40'000);
    max_lane_ = 1500 + Below(6000);
    max_unsettled_ = 20 + Below(200);
    lane_count_ = 2 + Below(6);
    shards_.resize(1 + Below(6));
    checks_.emplace(store_, observer_, shards_.size());
    for (size_t i = 0; i < lane_count_; ++i) modes_.push_back(Below(4));
    if (Below(3) == 0) journal_.skips = 1 + Below(6);
    if (Below(3) == 0) journal_.write_delay = std::chrono::milliseconds(30);
    if (Below(3) == 0) journal_.window = Below(60);
    ChooseDestinations();
    for (Process& process : processes_) Begin(process);
    Reload(false);
    for (size_t shard = 0; shard < shards_.size(); ++shard) Take(Below(2), shard);
  }
  ~HandoverWorld() {
    executor_.Clear();
    for (Process& process : processes_) process.engine.reset();
  }

  void Run(size_t actions) {
    for (size_t i = 0; i < actions && !testing::Test::HasFailure(); ++i) {
      RunFor(std::chrono::microseconds(Below(40'000)));
      Act();
    }
    AwaitTheEnd();
  }

  Counts counts() const {
    Counts counts = counts_;
    counts.seen = checks_->counts();
    return counts;
  }
  size_t deliveries() const { return store_.delivered.size(); }
  size_t deaths() const { return store_.dead.size(); }

 private:
  struct Process {
    std::unique_ptr<engine::Engine> engine;
    SimThreads* threads = nullptr;
    size_t number = 0;  // of its life
  };
  /// What the world knows of a shard.
  struct Shard {
    std::optional<size_t> owner;  // the process that said last that it serves it
    bool busy = false;            // it is being taken or given up
  };

  uint64_t Below(uint64_t n) { return random_.Next() % n; }
  // --- Processes and their shards.

  config::Config Configuration() const {
    config::Config config;
    config.delivery.set_threads(2);
    config.delivery.set_max_memory_bytes(max_memory_);
    config.delivery.set_max_lane_bytes(max_lane_);
    config.limits.set_max_in_flight(100);
    config.limits.mutable_tenant_defaults()->set_max_in_flight(100);
    for (int n = 0; n < SimPublisher::kTypes; ++n) {
      config.types.push_back("n.t" + std::to_string(n));
    }
    config.destinations = destinations_;
    for (const model::Destination& d : destinations_) {
      config.subscriptions.push_back({.tenant = d.tenant,
                                      .name = d.name,
                                      .types = {"*"},
                                      .destinations = {d.name},
                                      .filter = {}});
    }
    return config;
  }

  void Begin(Process& process) {
    const auto options = [this](DispatcherOptions& own) {
      own.observer = &observer_;
      own.read_bytes = 2000;
      own.max_unsettled_rows = max_unsettled_;
      own.max_tracked = 30;
    };
    SimShard::Hooks hooks;
    hooks.receive = [this](const SimShard& shard, const SimCourier::Flight& flight) {
      return Receive(shard, flight);
    };
    hooks.on_end = [this](const SimShard& shard, const SimCourier::Flight& flight,
                          const http::Response& response) {
      checks_->OnEnd(shard, flight, response);
    };
    hooks.on_commit = [this](const SimShard& shard, const routing::RoutingTable&) {
      checks_->OnCommit(shard);
    };
    auto host = std::make_unique<SimThreads>(
        2, options, std::move(hooks), [this] { return executor_.Step(); }, executor_, clock_,
        random_, journal_.stores(), metrics_);
    process.threads = host.get();
    ++process.number;
    auto engine = engine::MakeEngine(
        Configuration(), clock_, places_, journal_.stores(), metrics_, *logger_, nullptr,
        std::move(host), {.count = static_cast<uint32_t>(shards_.size()), .take_all = false});
    ASSERT_TRUE(engine.ok()) << engine.status();
    process.engine = *std::move(engine);
  }

  void Take(size_t which, size_t number) {
    Shard& shard = shards_[number];
    if (std::exchange(shard.busy, true)) return;
    const bool steals = shard.owner && *shard.owner != which;
    processes_[which].engine->AddShard(static_cast<store::ShardId>(number),
                                       [this, which, number, steals](const absl::Status& status) {
                                         Shard& taken = shards_[number];
                                         taken.busy = false;
                                         if (status.ok()) {
                                           taken.owner = which;
                                           counts_.stolen += steals ? 1 : 0;
                                         } else if (!absl::IsAlreadyExists(status)) {
                                           counts_.refused +=
                                               absl::IsResourceExhausted(status) ? 1 : 0;
                                           taken.owner.reset();
                                         }
                                       });
  }

  void Give(size_t number, bool on) {
    Shard& shard = shards_[number];
    if (!shard.owner || std::exchange(shard.busy, true)) return;
    const size_t which = *shard.owner;
    const base::MonoTime began = clock_.Mono();
    const std::chrono::milliseconds grace(Below(500));
    processes_[which].engine->RemoveShard(
        static_cast<store::ShardId>(number), grace,
        [this, which, number, began, grace, on](const absl::Status& status) {
          Shard& given = shards_[number];
          given.busy = false;
          given.owner.reset();
          if (!status.ok()) return;
          ++counts_.given;
          if (!checks_->OnGiven(number)) {
            ++counts_.given_in_part;
            EXPECT_GE(clock_.Mono() - began, grace + engine::kCommitGrace)
                << "shard " << number << " was given up before all was written";
          }
          if (on) Take(1 - which, number);
        });
  }

  /// A process that dies owns nothing any more, and knows nothing.
  void CrashOne(size_t which) {
    ++counts_.crashes;
    Process& process = processes_[which];
    process.engine.reset();
    for (Shard& shard : shards_) {
      if (shard.owner == which) shard.owner.reset();
    }
    Begin(process);
    Apply(process);
  }

  /// Until it is in force: the process may have to wait for room.
  void Apply(Process& process) {
    while (!testing::Test::HasFailure()) {
      const auto told = std::make_shared<std::optional<absl::Status>>();
      process.engine->Apply(snapshot_, [told](absl::Status status) { *told = std::move(status); });
      const base::MonoTime longest = clock_.Mono() + std::chrono::minutes(10);
      while (!*told && clock_.Mono() < longest && Step()) {
      }
      ASSERT_TRUE(*told) << "a change is never in force";
      if ((*told)->ok()) return;
      ASSERT_TRUE(absl::IsResourceExhausted(**told) || absl::IsNotFound(**told)) << **told;
      RunFor(std::chrono::milliseconds(50));
    }
  }

  void Reload(bool choose) {
    if (choose) ChooseDestinations();
    config::Config config = Configuration();
    snapshot_ = config::TakeSnapshot(++revision_, config, snapshot_.get());
    for (Process& process : processes_) Apply(process);
  }

  /// Order stays as it is, and nobody is disabled: what is owed is known.
  void ChooseDestinations() {
    destinations_.clear();
    for (size_t i = 0; i < lane_count_; ++i) {
      if (!peace_ && Below(6) == 0) continue;
      model::Destination d = makers_.Make(i);
      d.format = model::Format();
      d.batch.reset();
      d.enabled = true;
      d.disabling = {.on_gone = false, .failing_for = {}};
      d.order = {.by = HandoverChecks::OrderOf(d.name), .after_dead = model::AfterDead::kContinue};
      d.success = model::SuccessRule::k2xx;
      destinations_.push_back(std::move(d));
    }
  }

  // --- What receivers answer.

  SimCourier::End Receive(const SimShard& shard, const SimCourier::Flight& flight) {
    checks_->OnStart(shard, flight);
    if (peace_) return {.after = std::chrono::microseconds(100)};
    const std::chrono::microseconds quick(500 + Below(5000));
    switch (modes_[static_cast<size_t>(std::stoi(HandoverChecks::NameOf(flight).substr(1)))]) {
      case 0:
        return {.after = quick};
      case 1:
        return {.after = std::chrono::milliseconds(50 + Below(400))};
      case 2:
        return {.status = 503, .after = quick};
      default:
        return {.status = static_cast<uint16_t>(Below(2) == 0 ? 200 : 500), .after = quick};
    }
  }

  // --- What happens.

  void Act() {
    switch (Below(16)) {
      case 0:
        return Reload(true);
      case 1:
        if (Below(4) == 0) CrashOne(Below(2));
        return;
      case 2:
      case 3:
        return Give(Below(shards_.size()), Below(3) != 0);
      case 4: {  // unasked
        const size_t shard = Below(shards_.size());
        if (shards_[shard].owner && Below(2) == 0) Take(1 - *shards_[shard].owner, shard);
        return;
      }
      case 5:
      case 6:
        return TakeWhatIsFree();
      case 7:
        modes_[Below(lane_count_)] = Below(4);
        return;
      case 8:
        return RunFor(std::chrono::milliseconds(Below(3000)));
      case 9:
        if (Below(3) != 0 || full_until_) return;
        journal_.disk_full = true;
        full_until_ = clock_.Mono() + std::chrono::milliseconds(1 + Below(8000));
        return;
      default:
        publisher_.Publish(journal_, clock_.Wall());
    }
  }

  void TakeWhatIsFree() {
    for (size_t shard = 0; shard < shards_.size(); ++shard) {
      if (!shards_[shard].owner) Take(Below(2), shard);
    }
  }

  void AwaitTheEnd() {
    peace_ = true;
    journal_.disk_full = false;
    full_until_.reset();
    Reload(true);
    publisher_.PublishAgain(journal_, clock_.Wall());
    publisher_.Publish(journal_, clock_.Wall());
    const base::MonoTime longest = clock_.Mono() + std::chrono::hours(3);
    base::MonoTime look = clock_.Mono();
    while (!Settled() && clock_.Mono() < longest && Step()) {
      if (testing::Test::HasFailure()) return;
      if (clock_.Mono() < look) continue;
      look = clock_.Mono() + std::chrono::seconds(1);
      TakeWhatIsFree();
    }
    std::string owners;
    for (const Shard& shard : shards_) {
      owners += (shard.owner ? std::to_string(*shard.owner) : "-") + (shard.busy ? "! " : " ");
    }
    EXPECT_TRUE(Settled()) << "stands still at watermark " << store_.watermark << " of "
                           << store_.last() << ", owners " << owners << store_.Leftovers();
    store_.CheckComplete();
    publisher_.CheckStored();
  }
  bool Settled() const {
    return publisher_.AllAnswered() && store_.Complete() &&
           std::ranges::all_of(shards_, [](const Shard& shard) { return shard.owner.has_value(); });
  }

  bool Step() {
    if (full_until_ && clock_.Mono() >= *full_until_) {
      journal_.disk_full = false;
      full_until_.reset();
    }
    return executor_.Step() && !testing::Test::HasFailure();
  }
  void RunFor(std::chrono::microseconds time) {
    const auto there = std::make_shared<bool>(false);
    executor_.At(clock_.Mono() + time, [there] { *there = true; });
    while (!*there && Step()) {
    }
  }

  base::SeededRandom random_;
  base::SimulatedClock clock_;
  SimExecutor executor_{clock_, random_};
  SimStore store_;
  SimJournal journal_{store_, executor_, clock_, random_};
  SimObserver observer_;
  NullMetrics metrics_;
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kError, clock_);
  base::DescriptorBudget places_{1'000'000};
  SimDestinations makers_{random_};
  SimPublisher publisher_{store_, random_};
  size_t max_memory_ = 0;
  size_t max_lane_ = 0;
  size_t max_unsettled_ = 0;
  size_t lane_count_ = 0;
  std::vector<uint64_t> modes_;  // of the receivers
  std::vector<model::Destination> destinations_;
  uint64_t revision_ = 0;
  resource::SnapshotPtr snapshot_;
  std::vector<Shard> shards_;
  std::optional<HandoverChecks> checks_;
  std::optional<base::MonoTime> full_until_;
  bool peace_ = false;
  Counts counts_;
  std::array<Process, 2> processes_;
};

}  // namespace carillon::delivery
