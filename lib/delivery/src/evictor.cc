#include "evictor.h"

#include <algorithm>
#include <utility>

#include "parked_kind.h"

namespace carillon::delivery {
namespace {

/// How often one lane tells what it gave up.
constexpr std::chrono::seconds kTellEvery{10};

}  // namespace

void Evictor::Evict(Lane& lane, const store::Parked& row, bool too_old) {
  const bool hold = lane.destination().order.after_dead == model::AfterDead::kHold &&
                    lane.mode() != Lane::Mode::kDrop;
  const auto bury = [&](uint64_t position, store::GroupId group) {
    dead_.Add(lane, {.position = position, .event_id = {}, .attempts = row.attempts});
    Evicted& told = lane.marks.evicted;
    if (told.deliveries++ == 0) {
      told.first = told.last = position;
      evicted_from_.push_back(&lane);
    }
    told.too_old += too_old ? 1 : 0;
    told.first = std::min(told.first, position);
    told.last = std::max(told.last, position);
    if (!hold || group == 0 || !lane.groups().Stick(group)) return;
    settlements_.Add(StuckMark(lane.id(), group, position, lane.destination().generation));
  };
  const uint64_t deliveries = 1 + row.rest.size();
  metrics_.CountGivenUp(too_old ? metrics::GivenUp::kTooOld : metrics::GivenUp::kTooMuch,
                        deliveries);
  bury(row.position, row.group);
  for (const store::BatchMember& member : row.rest) bury(member.position, member.group);
}

void Evictor::Tell(base::MonoTime now) {
  for (Lane* lane : std::vector<Lane*>(evicted_from_)) {
    if (now < lane->marks.evicted.tell_at) continue;
    TellOf(*lane);
    lane->marks.evicted.tell_at = now + kTellEvery;
  }
}

void Evictor::TellOf(Lane& lane) {
  if (std::erase(evicted_from_, &lane) == 0) return;
  notifier_.OnEvicted(lane, std::exchange(lane.marks.evicted, {}));
}

void Evictor::TellAll() {
  for (Lane* lane : std::vector<Lane*>(evicted_from_)) TellOf(*lane);
}

}  // namespace carillon::delivery
