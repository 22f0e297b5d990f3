#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "carillon/base/descriptor_budget.h"
#include "carillon/log/log.h"
#include "make_engine.h"
#include "sim_health.h"
#include "sim_journal.h"
#include "sim_parts.h"
#include "sim_threads.h"

namespace carillon::delivery {

/// The process while it lives: its journal over what is on disk, its engine with all threads, and
/// what it says of its health. It begins and ends again and again.
class SimLife {
 public:
  /// `options`, `shard`: of its threads. `step`: lets time go on; false: nothing comes any more.
  struct Hooks {
    std::function<void(DispatcherOptions&)> options;
    SimShard::Hooks shard;
    std::function<bool()> step;
  };

  SimLife(SimStore& store, SimExecutor& executor, base::SimulatedClock& clock, base::Random& random,
          Hooks hooks)
      : store_(store),
        executor_(executor),
        clock_(clock),
        random_(random),
        hooks_(std::move(hooks)) {}

  /// With so many threads. `settle`: makes the journal what it is, before anybody reads it.
  void Begin(const config::Config& config, uint32_t threads,
             const std::function<void(SimJournal&)>& settle) {
    journal_ = std::make_unique<SimJournal>(store_, executor_, clock_, random_);
    settle(*journal_);
    auto host =
        std::make_unique<SimThreads>(threads, hooks_.options, hooks_.shard, hooks_.step, executor_,
                                     clock_, random_, journal_->stores(), metrics_);
    threads_ = host.get();
    auto engine = engine::MakeEngine(config, clock_, places_, journal_->stores(), metrics_,
                                     *logger_, nullptr, std::move(host));
    EXPECT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    health_ = std::make_unique<SimHealth>(*journal_, executor_, clock_, *logger_);
  }
  /// As if by a kill.
  void End() {
    executor_.Clear();
    engine_.reset();
    health_.reset();
    journal_.reset();
    threads_ = nullptr;
    applying_ = false;
  }

  /// What became of it; nullopt: no thread answers for ten minutes. What `step` throws passes.
  std::optional<absl::Status> Apply(const resource::SnapshotPtr& next) {
    applying_ = true;
    const auto told = std::make_shared<std::optional<absl::Status>>();
    engine_->Apply(next, [told](absl::Status status) { *told = std::move(status); });
    Await([&] { return told->has_value(); });
    applying_ = false;
    return *told;
  }
  /// Lets time go on until that is true; false: it is not within ten minutes.
  bool Await(const std::function<bool()>& there) {
    const base::MonoTime longest = clock_.Mono() + std::chrono::minutes(10);
    while (!there() && clock_.Mono() < longest && hooks_.step()) {
    }
    return there();
  }

  /// A change is under way, or the process died in one.
  bool applying() const { return applying_; }
  SimJournal& journal() { return *journal_; }
  engine::Engine& engine() { return *engine_; }
  SimHealth& health() { return *health_; }
  const SimThreads& threads() const { return *threads_; }

 private:
  SimStore& store_;
  SimExecutor& executor_;
  base::SimulatedClock& clock_;
  base::Random& random_;
  const Hooks hooks_;
  NullMetrics metrics_;
  std::ostringstream log_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(log_, log::Level::kError, clock_);
  base::DescriptorBudget places_{1'000'000};
  std::unique_ptr<SimJournal> journal_;
  std::unique_ptr<SimHealth> health_;
  std::unique_ptr<engine::Engine> engine_;
  SimThreads* threads_ = nullptr;  // of the engine; null: it does not live
  bool applying_ = false;
};

}  // namespace carillon::delivery
