#include "lane_commands.h"

#include <utility>

namespace carillon::delivery {

void LaneCommands::Run(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done) {
  Lane* const lane = routes_.LaneAt(order.place);
  if (lane == nullptr || lane->destination().tenant != order.tenant ||
      lane->destination().name != order.name) {
    return done(absl::NotFoundError("the destination is not in force"));
  }
  if (order.command == LaneCommand::kDisable) {
    health_.DisableByCall(*lane);
  } else if (!health_.EnableByCall(*lane)) {
    return done(absl::FailedPreconditionError("the configuration disables it"));
  }
  scheduler_.Touched(*lane);
  // Behind what is still being written: also where nothing changed, it is durable then.
  settlements_.Tell(std::move(done));
}

}  // namespace carillon::delivery
