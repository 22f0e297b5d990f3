#include "parked_fetcher.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "carillon/codec/body.h"
#include "parked_kind.h"

namespace carillon::delivery {
namespace {

// About how many bytes of events one answer brings.
constexpr size_t kMaxAskBytes = 1u << 20;
constexpr size_t kAskShare = 64;  // of the shard's memory
constexpr size_t kMarks = 256;

/// All its events are there.
bool Complete(const store::DueDelivery& row) {
  return row.event != nullptr && row.rest.size() == row.parked.rest.size() &&
         std::find(row.rest.begin(), row.rest.end(), nullptr) == row.rest.end();
}

/// It can have been written by a lane: its groups exist, each is in order, nothing is there twice.
bool MakesSense(const store::Parked& row) {
  if (row.group > store::kMaxGroup || row.attempts == UINT32_MAX) return false;
  if (row.rest.empty()) return true;
  std::map<store::GroupId, uint64_t> last{{row.group, row.position}};
  std::vector<uint64_t> positions{row.position};
  for (const store::BatchMember& member : row.rest) {
    uint64_t& before = last[member.group];
    if (member.group > store::kMaxGroup || member.position <= before) return false;
    before = member.position;
    positions.push_back(member.position);
  }
  std::sort(positions.begin(), positions.end());
  return std::adjacent_find(positions.begin(), positions.end()) == positions.end();
}

}  // namespace

ParkedFetcher::ParkedFetcher(size_t max_memory_bytes, LaneJournal& journal,
                             LaneScheduler& scheduler, HeldEvents& held, ParkedRows& rows,
                             DeadLetters& dead)
    : ask_bytes_(std::min(kMaxAskBytes, max_memory_bytes / kAskShare)),
      journal_(journal),
      scheduler_(scheduler),
      held_(held),
      rows_(rows),
      dead_(dead) {}

void ParkedFetcher::AskForDue(base::WallTime now) {
  while (asks_ < kAsks) {
    Lane* const lane = scheduler_.NextDue(now);
    if (lane == nullptr) return;
    ++asks_;
    const base::WallTime until = lane->TakeUntil(*lane->AskAt(), now);
    RetryQueue::Asking asking = lane->retries().BeginAsking();
    scheduler_.Touched(*lane);
    journal_.TakeDue(*lane, until, lane->AskLimit(ask_bytes_),
                     [this, now, asking = std::move(asking)](
                         Lane* asked, const store::DueDeliveries& answer) mutable {
                       --asks_;
                       if (asked == nullptr) return;
                       if (!asked->closing()) OnDue(*asked, now, answer);
                       asked->retries().EndAsking(std::move(asking), answer);
                     });
  }
}

void ParkedFetcher::OnDue(Lane& lane, base::WallTime asked_at, const store::DueDeliveries& answer) {
  RetryQueue& retries = lane.retries();
  for (const store::DueDelivery& row : answer.due) {
    const store::Parked& parked = row.parked;
    if (!lane.MayTake(parked.due.time(), asked_at)) {
      retries.AddDue(parked.due.time());
      continue;
    }
    if (!retries.Take(parked.due.time(), parked.position)) continue;
    if (!Complete(row) || !MakesSense(parked)) {
      dead_.AddUnreadable(lane, parked);
    } else if (!parked.rest.empty() && !codec::IsBatchFormat(lane.destination().format)) {
      // It was parked when the destination's format could hold a batch.
      rows_.TakeApart(lane, parked);
    } else {
      retries.Push(BatchOf(row));
    }
  }
}

DeliveryBatch ParkedFetcher::BatchOf(const store::DueDelivery& row) {
  DeliveryBatch deliveries{.first = {.event = held_.Hold(row.event), .group = row.parked.group},
                           .due = row.parked.due.time(),
                           .attempts = row.parked.attempts,
                           .parked = true,
                           .trigger = row.parked.trigger,
                           .earlier = row.parked.earlier};
  for (size_t i = 0; i < row.rest.size(); ++i) {
    deliveries.rest.push_back(
        {.event = held_.Hold(row.rest[i]), .group = row.parked.rest[i].group});
  }
  return deliveries;
}

void ParkedFetcher::AskForHeld() {
  while (asks_ < kAsks && scheduler_.Has(LaneNeed::kHeldRows)) {
    Lane* const lane = scheduler_.Next(LaneNeed::kHeldRows);
    std::optional<Groups::Ask> ask = lane->groups().NextAsk();
    scheduler_.Touched(*lane);
    if (!ask) continue;
    ++asks_;
    const store::GroupId group = ask->group;
    const size_t limit = ask->limit;
    journal_.TakeHeld(
        *lane, group, limit,
        [this, ask = *std::move(ask)](Lane* asked, const store::DueDeliveries& answer) mutable {
          --asks_;
          if (asked == nullptr || asked->closing()) return;
          OnHeld(*asked, std::move(ask), answer);
        });
  }
}

void ParkedFetcher::OnHeld(Lane& lane, Groups::Ask ask, const store::DueDeliveries& answer) {
  lane.OnHeldRows(std::move(ask), answer.due, [&](const store::DueDelivery& row) {
    if (Complete(row) && MakesSense(row.parked)) return held_.Hold(row.event);
    dead_.AddUnreadable(lane, row.parked);
    return HeldRef();
  });
}

// Whether what follows the dead delivery may go.
bool ParkedFetcher::Passes(const Lane& lane, const store::Parked& mark) {
  const bool released = std::ranges::any_of(
      lane.releasing, [&](store::GroupId group) { return group == 0 || group == mark.group; });
  const bool purged = std::ranges::binary_search(lane.passing, mark.position);
  return released || purged || lane.destination().order.after_dead == model::AfterDead::kContinue ||
         lane.mode() == Lane::Mode::kDrop;
}

void ParkedFetcher::AskForMarks() {
  while (scheduler_.Has(LaneNeed::kMarks)) {
    Lane* const lane = scheduler_.Next(LaneNeed::kMarks);
    StuckMarks::Asking asking = lane->groups().BeginAskingForMarks();
    scheduler_.Touched(*lane);
    // All of them, and those whose removal is not durable.
    const size_t all = lane->groups().stuck() + lane->groups().marks_under_way();
    journal_.TakeHeld(*lane, 0, std::max(kMarks, all),
                      [this, asking = std::move(asking)](
                          Lane* asked, const store::DueDeliveries& answer) mutable {
                        if (asked == nullptr || asked->closing()) return;
                        OnMarks(*asked, std::move(asking), answer);
                      });
  }
}

void ParkedFetcher::OnMarks(Lane& lane, StuckMarks::Asking asking,
                            const store::DueDeliveries& answer) {
  std::vector<Groups::Mark> passed;
  for (const auto& [mark, event, rest] : answer.due) {
    if (Passes(lane, mark)) passed.push_back({mark.group, mark.position});
  }
  for (const uint64_t position : lane.groups().OnMarks(std::move(asking), passed)) {
    rows_.Unmark(lane, position);
  }
}

}  // namespace carillon::delivery
