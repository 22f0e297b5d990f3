#pragma once

#include <gtest/gtest.h>

#include <chrono>

#include "carillon/admin/health.h"
#include "carillon/base/clock.h"
#include "carillon/base/loop_watch.h"
#include "carillon/config/config_file.h"
#include "carillon/log/log.h"
#include "health_watch.h"
#include "sim_executor.h"
#include "sim_journal.h"

namespace carillon::delivery {

/// What a process says of its health, followed over its life as `carillond` does it: it is ready
/// while events are accepted, and not for longer than until the next look when they are not.
class SimHealth {
 public:
  SimHealth(const SimJournal& journal, SimExecutor& executor, const base::Clock& clock,
            log::Logger& logger)
      : journal_(journal),
        executor_(executor),
        clock_(clock),
        loops_(clock, std::chrono::hours(1)),
        watch_(clock, config_, loops_, health_, logger) {
    EXPECT_FALSE(health_.Get().ready) << "ready before it begins";
    LookLater();
  }

  /// It has a configuration in force.
  void Begin() {
    watch_.Begin(Accepts(), [this](bool serving) { serving_ = serving; });
    begun_ = true;
    Check();
  }
  void Stop() {
    watch_.Stop();
    stopped_ = true;
    Check();
  }
  /// The journal says that it failed.
  void OnFailed() {
    health_.SetFailed("the journal failed");
    Check();
  }

 private:
  bool Accepts() const { return journal_.log_stats().accepting; }
  void LookLater() {
    executor_.At(clock_.Mono() + server::HealthWatch::kInterval, [this] {
      watch_.Look({.accepting = Accepts(), .free_bytes = 0, .kept = {}});
      Check();
      LookLater();
    });
  }
  void Check() const {
    const admin::Health::State state = health_.Get();
    const bool ready = begun_ && !stopped_ && Accepts() && !journal_.failed();
    EXPECT_EQ(state.ready, ready) << state.reason;
    EXPECT_EQ(state.failed, journal_.failed());
    EXPECT_EQ(state.reason.empty(), ready);
    // The publishing port ends by itself when the journal failed.
    if (begun_ && !journal_.failed()) EXPECT_EQ(serving_, ready);
  }

  const SimJournal& journal_;
  SimExecutor& executor_;
  const base::Clock& clock_;
  const config::Config config_;
  base::LoopWatch loops_;
  admin::Health health_;
  server::HealthWatch watch_;
  bool begun_ = false;
  bool stopped_ = false;
  bool serving_ = false;
};

}  // namespace carillon::delivery
