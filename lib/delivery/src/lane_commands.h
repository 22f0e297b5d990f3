#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/lane_command.h"
#include "health_keeper.h"
#include "lane_scheduler.h"
#include "settlement_buffer.h"
#include "table_in_force.h"

namespace carillon::delivery {

/// Does what owners of destinations ask for, and says so when it is durable. Dispatcher's thread;
/// what is given outlives it.
class LaneCommands {
 public:
  LaneCommands(const base::Clock& clock, const TableInForce& routes, LaneScheduler& scheduler,
               HealthKeeper& health, SettlementBuffer& settlements)
      : clock_(clock),
        routes_(routes),
        scheduler_(scheduler),
        health_(health),
        settlements_(settlements) {}

  /// See Dispatcher::Command.
  void Run(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done);

 private:
  /// Whether it is for a destination as it is.
  static absl::Status Check(LaneCommand command, const Lane& lane);
  void Do(const LaneOrder& order, Lane& lane);

  const base::Clock& clock_;
  const TableInForce& routes_;
  LaneScheduler& scheduler_;
  HealthKeeper& health_;
  SettlementBuffer& settlements_;
};

}  // namespace carillon::delivery
