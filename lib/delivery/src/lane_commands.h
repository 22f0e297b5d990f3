#pragma once

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
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
  LaneCommands(const TableInForce& routes, LaneScheduler& scheduler, HealthKeeper& health,
               SettlementBuffer& settlements)
      : routes_(routes), scheduler_(scheduler), health_(health), settlements_(settlements) {}

  /// See Dispatcher::Command.
  void Run(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done);

 private:
  const TableInForce& routes_;
  LaneScheduler& scheduler_;
  HealthKeeper& health_;
  SettlementBuffer& settlements_;
};

}  // namespace carillon::delivery
