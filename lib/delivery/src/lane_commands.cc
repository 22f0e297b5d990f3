#include "lane_commands.h"

#include <memory>
#include <utility>

namespace carillon::delivery {

void LaneCommands::Run(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done) {
  Lane* const lane = routes_.LaneNamed(order.place, order.tenant, order.name);
  if (lane == nullptr) return done(absl::NotFoundError("the destination is not in force"));
  if (absl::Status status = Check(order.command, *lane); !status.ok() || order.only_check) {
    return done(std::move(status));
  }
  Do(order, *lane);
  scheduler_.Touched(*lane);
  // Behind what is still being written: also where nothing changed, it is durable then.
  settlements_.Tell(std::move(done));
}

absl::Status LaneCommands::Check(LaneCommand command, const Lane& lane) {
  if (command == LaneCommand::kEnable && !lane.destination().enabled) {
    return absl::FailedPreconditionError("the configuration disables it");
  }
  const bool pauses = command == LaneCommand::kPause || command == LaneCommand::kResume;
  if (pauses && lane.health().disabled) return absl::FailedPreconditionError("it is disabled");
  return absl::OkStatus();
}

void LaneCommands::Do(const LaneOrder& order, Lane& lane) {
  auto call = std::make_shared<const store::OwnerCall>(
      store::OwnerCall{.at = clock_.Wall(), .principal = order.principal, .reason = order.reason});
  switch (order.command) {
    case LaneCommand::kEnable:
      return health_.EnableByCall(lane, std::move(call));
    case LaneCommand::kDisable:
      return health_.DisableByCall(lane, std::move(call));
    case LaneCommand::kPause:
      return health_.PauseByCall(lane, std::move(call), order.pause);
    case LaneCommand::kResume:
      return health_.ResumeByCall(lane, std::move(call));
  }
}

}  // namespace carillon::delivery
