#pragma once

#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/delivery/destination_status.h"
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

  ~LaneCommands();
  LaneCommands(const LaneCommands&) = delete;
  LaneCommands& operator=(const LaneCommands&) = delete;

  /// See Dispatcher::Command.
  void Run(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done);
  /// Ends the releases whose groups go on; after whatever may have let them go.
  void EndReleases();

 private:
  /// What is held behind dead deliveries of a group, or of all (0), is being let go.
  struct Release {
    LanePlace of;
    store::LaneId lane = 0;
    store::GroupId group = 0;
    absl::AnyInvocable<void(absl::Status)> done;
  };
  void BeginRelease(const LaneOrder& order, Lane& lane,
                    absl::AnyInvocable<void(absl::Status)> done);
  /// Returns false when it goes on.
  bool EndRelease(Release& release);
  /// Whether it is for a destination as it is.
  static absl::Status Check(LaneCommand command, const Lane& lane);
  void Do(const LaneOrder& order, Lane& lane);

  const base::Clock& clock_;
  const TableInForce& routes_;
  LaneScheduler& scheduler_;
  HealthKeeper& health_;
  SettlementBuffer& settlements_;
  std::vector<Release> releases_;
};

}  // namespace carillon::delivery
