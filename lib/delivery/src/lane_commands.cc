#include "lane_commands.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "ordering_group.h"

namespace carillon::delivery {

void LaneCommands::Run(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done) {
  Lane* const lane = routes_.LaneNamed(order.place, order.tenant, order.name);
  if (lane == nullptr) return done(absl::NotFoundError("the destination is not in force"));
  if (absl::Status status = Check(order.command, *lane); !status.ok() || order.only_check) {
    return done(std::move(status));
  }
  if (order.command == LaneCommand::kRelease) return BeginRelease(order, *lane, std::move(done));
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
    case LaneCommand::kRelease:
      break;  // takes longer: BeginRelease
  }
}

LaneCommands::~LaneCommands() {
  for (Release& release : releases_) {
    release.done(absl::UnavailableError("delivery of this destination ends"));
  }
}

void LaneCommands::BeginRelease(const LaneOrder& order, Lane& lane,
                                absl::AnyInvocable<void(absl::Status)> done) {
  // Of a destination in strict order all have one group, whatever their keys are.
  const bool all = !order.ordering_key || lane.destination().order.by == model::Ordering::kStrict;
  const store::GroupId group = all ? 0 : GroupOfKey(*order.ordering_key);
  if (order.released != nullptr) *order.released = lane.groups().HeldBehindDead(group);
  lane.releasing.push_back(group);
  lane.groups().WantMarks();
  scheduler_.Touched(lane);
  releases_.push_back({.of = {.place = order.place, .tenant = order.tenant, .name = order.name},
                       .lane = lane.id(),
                       .group = group,
                       .done = std::move(done)});
  EndReleases();
}

void LaneCommands::EndReleases() {
  std::erase_if(releases_, [this](Release& release) { return EndRelease(release); });
}

bool LaneCommands::EndRelease(Release& release) {
  const LanePlace& of = release.of;
  Lane* const lane = routes_.LaneNamed(of.place, of.tenant, of.name);
  if (lane == nullptr || lane->id() != release.lane) {
    release.done(absl::NotFoundError("the destination is not in force any more"));
    return true;
  }
  if (lane->groups().IsStuck(release.group)) return false;
  const auto mine = std::ranges::find(lane->releasing, release.group);
  if (mine != lane->releasing.end()) lane->releasing.erase(mine);
  settlements_.Tell(std::move(release.done));
  return true;
}

}  // namespace carillon::delivery
