#include "evictor.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {
namespace {

/// How often one lane tells what it gave up.
constexpr std::chrono::seconds kTellEvery{10};

}  // namespace

void Evictor::KeepOrEvict(Lane& lane, const model::Event& event, base::WallTime keep_since) {
  if (event.accepted_at() < keep_since) {
    const store::Parked row{.lane = lane.id(),
                            .due = store::Due::Kept(),
                            .position = event.position(),
                            .group = lane.GroupOf(event),
                            .rest = {}};
    return Evict(lane, row, metrics::GivenUp::kTooOld);
  }
  rows_.Keep(lane, event);
}

void Evictor::EvictRow(Lane& lane, const store::Parked& row, metrics::GivenUp why) {
  rows_.Remove(lane, row);
  Evict(lane, row, why);
  if (row.due.timed()) lane.groups().Release(row);
}

void Evictor::Evict(Lane& lane, const store::Parked& row, metrics::GivenUp why) {
  const bool hold = lane.destination().order.after_dead == model::AfterDead::kHold &&
                    lane.mode() != Lane::Mode::kDrop;
  Report& report = reports_[lane.id()];
  report.lane = &lane;
  const auto add = [&](uint64_t position, store::GroupId group) {
    dead_.Add(lane, {.position = position, .event_id = {}, .attempts = row.attempts});
    Evicted& told = report.evicted;
    if (told.deliveries++ == 0) told.first = told.last = position;
    told.too_old += why == metrics::GivenUp::kTooOld ? 1 : 0;
    told.of_tenant += why == metrics::GivenUp::kTenantTooMuch ? 1 : 0;
    told.first = std::min(told.first, position);
    told.last = std::max(told.last, position);
    if (!hold || group == 0 || !lane.groups().Stick(group)) return;
    rows_.Mark(lane, group, position);
  };
  metrics_.CountGivenUp(why, 1 + row.rest.size());
  add(row.position, row.group);
  for (const store::BatchMember& member : row.rest) add(member.position, member.group);
}

void Evictor::Tell(base::MonoTime now) {
  for (auto it = reports_.begin(); it != reports_.end();) {
    Report& report = it->second;
    if (now < report.tell_at) {
      ++it;
    } else if (report.evicted.deliveries > 0) {
      Tell(report);
      report.tell_at = now + kTellEvery;
      ++it;
    } else {
      it = reports_.erase(it);
    }
  }
}

void Evictor::TellOf(Lane& lane) {
  const auto found = reports_.find(lane.id());
  if (found == reports_.end()) return;
  Tell(found->second);
  reports_.erase(found);
}

void Evictor::TellAll() {
  for (auto& [id, report] : reports_) Tell(report);
}

void Evictor::Tell(Report& report) {
  if (report.evicted.deliveries == 0) return;
  notifier_.OnEvicted(*report.lane, std::exchange(report.evicted, {}));
}

}  // namespace carillon::delivery
