#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "carillon/codec/body.h"
#include "dispatcher_impl.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;

// Requests for parked rows under way at once, and about how many bytes of events each brings.
constexpr int kAsks = 4;
constexpr size_t kMaxAskBytes = 1u << 20;
constexpr size_t kAskShare = 64;  // of the shard's memory
constexpr size_t kMarks = 256;

/// All its events are there.
bool Complete(const journal::DueDelivery& row) {
  return row.event != nullptr && row.rest.size() == row.parked.rest.size() &&
         std::find(row.rest.begin(), row.rest.end(), nullptr) == row.rest.end();
}

/// It can have been written by a lane: its groups exist, each is in order, nothing is there twice.
bool MakesSense(const journal::Parked& row) {
  if (row.group > journal::kMaxGroup || row.attempts == UINT32_MAX) return false;
  if (row.rest.empty()) return true;
  std::map<journal::GroupId, uint64_t> last{{row.group, row.position}};
  std::vector<uint64_t> positions{row.position};
  for (const journal::BatchMember& member : row.rest) {
    uint64_t& before = last[member.group];
    if (member.group > journal::kMaxGroup || member.position <= before) return false;
    before = member.position;
    positions.push_back(member.position);
  }
  std::sort(positions.begin(), positions.end());
  return std::adjacent_find(positions.begin(), positions.end()) == positions.end();
}

}  // namespace

void DispatcherImpl::AskForDue() {
  if (!scheduler_.DueAt() || asks_ >= kAsks) return;
  const base::WallTime now = retry_clock_.Now();
  const size_t bytes = std::min(kMaxAskBytes, options_.max_memory_bytes / kAskShare);
  while (asks_ < kAsks) {
    Lane* const lane = scheduler_.NextDue(now);
    if (lane == nullptr) return;
    ++asks_;
    const base::WallTime until = lane->TakeUntil(*lane->retries().AskAt(), now);
    lane->retries().BeginAsking();
    scheduler_.Touched(*lane);
    journal_.TakeDue(lane->id(), until, lane->AskLimit(bytes),
                     home_.Bring<journal::DueDeliveries>(
                         [this, id = lane->id()](const journal::DueDeliveries& answer) {
                           --asks_;
                           OnDue(id, answer);
                           Turn();
                         }));
  }
}

void DispatcherImpl::OnDue(journal::LaneId id, const journal::DueDeliveries& answer) {
  Lane* lane = lanes_.Find(id);
  if (lane == nullptr || lane->closing()) return;
  RetryQueue& retries = lane->retries();
  for (const journal::DueDelivery& row : answer.due) {
    const journal::Parked& parked = row.parked;
    if (!retries.Take(parked.due, parked.position)) continue;
    if (!Complete(row) || !MakesSense(parked)) {
      Lose(*lane, row);
    } else if (!parked.rest.empty() && !codec::IsBatchFormat(lane->destination().format)) {
      TakeApart(*lane, parked);
    } else {
      retries.Push(ParcelOf(row));
    }
  }
  retries.EndAsking(answer);
  scheduler_.Touched(*lane);
}

Parcel DispatcherImpl::ParcelOf(const journal::DueDelivery& row) {
  Parcel parcel{.first = {.event = held_.Hold(row.event), .group = row.parked.group},
                .due = row.parked.due,
                .attempts = row.parked.attempts,
                .parked = true};
  for (size_t i = 0; i < row.rest.size(); ++i) {
    parcel.rest.push_back({.event = held_.Hold(row.rest[i]), .group = row.parked.rest[i].group});
  }
  return parcel;
}

// A batch was parked when the destination's format could hold it. Its deliveries go one by one now,
// when their rows are durable, with the attempts that were made. The new rows must not share a key
// with the old one, which is known as taken until it is gone.
void DispatcherImpl::TakeApart(Lane& lane, journal::Parked batch) {
  news_.Add(journal::ParkedKey{lane.id(), batch.due, batch.position});
  const base::WallTime now = retry_clock_.Now();
  batch.due = batch.due == now ? now + std::chrono::nanoseconds(1) : now;
  ParkApart(lane, batch);
}

// The journal keeps the events of parked rows. Should one be gone all the same, or the row be
// nonsense, the row ends, and nothing of its groups waits for it.
void DispatcherImpl::Lose(Lane& lane, const journal::DueDelivery& row) {
  const journal::Parked& parked = row.parked;
  news_.Add(journal::ParkedKey{lane.id(), parked.due, parked.position});
  lane.retries().CountUnparked(1 + parked.rest.size());
  const auto bury = [&](uint64_t position) {
    NoteDead(lane, {.position = position, .event_id = {}, .attempts = parked.attempts});
  };
  std::set<uint64_t> positions{parked.position};
  for (const journal::BatchMember& member : parked.rest) positions.insert(member.position);
  for (const uint64_t position : positions) bury(position);
  if (parked.due >= journal::kFirstHeldDue) return;
  lane.groups().Release(parked);
}

void DispatcherImpl::AskForHeld() {
  while (asks_ < kAsks) {
    Lane* const lane = scheduler_.Next(LaneNeed::kHeldRows);
    if (lane == nullptr) return;
    const auto ask = lane->groups().NextAsk();
    scheduler_.Touched(*lane);
    if (!ask) continue;
    ++asks_;
    journal_.TakeHeld(
        lane->id(), ask->group, ask->limit,
        home_.Bring<journal::DueDeliveries>(
            [this, id = lane->id(), group = ask->group](const journal::DueDeliveries& answer) {
              --asks_;
              OnHeld(id, group, answer);
              Turn();
            }));
  }
}

void DispatcherImpl::OnHeld(journal::LaneId id, journal::GroupId group,
                            const journal::DueDeliveries& answer) {
  Lane* lane = lanes_.Find(id);
  if (lane == nullptr || lane->closing()) return;
  Groups& groups = lane->groups();
  if (groups.BeginTaking(group)) {
    for (const journal::DueDelivery& row : answer.due) {
      if (!groups.Take(group, row.parked.position)) continue;
      if (Complete(row) && MakesSense(row.parked)) {
        lane->EnqueueHeld(held_.Hold(row.event), group, row.parked.attempts);
      } else {
        Lose(*lane, row);
      }
    }
    groups.Update(group);
  }
  scheduler_.Touched(*lane);
}

// Whether what follows a dead delivery may go that was buried under `generation`.
bool DispatcherImpl::Passes(const Lane& lane, uint32_t generation) const {
  return lane.destination().order.after_dead == model::AfterDead::kContinue ||
         lane.mode() == Lane::Mode::kDrop || generation != lane.destination().generation;
}

void DispatcherImpl::AskForMarks() {
  while (Lane* lane = scheduler_.Next(LaneNeed::kMarks)) {
    lane->groups().BeginPassing();
    scheduler_.Touched(*lane);
    journal_.TakeHeld(lane->id(), 0, kMarks,
                      home_.Bring<journal::DueDeliveries>(
                          [this, id = lane->id()](const journal::DueDeliveries& answer) {
                            OnMarks(id, answer);
                            Turn();
                          }));
  }
}

void DispatcherImpl::OnMarks(journal::LaneId id, const journal::DueDeliveries& answer) {
  Lane* const lane = lanes_.Find(id);
  if (lane == nullptr || lane->closing()) return;
  for (const journal::DueDelivery& mark : answer.due) {
    const journal::Parked& parked = mark.parked;
    if (!Passes(*lane, parked.attempts)) continue;
    if (!lane->groups().Pass(parked.group, parked.position)) continue;
    news_.Add(journal::ParkedKey{id, journal::HeldDue(0), parked.position});
  }
  lane->groups().EndPassing();
  scheduler_.Touched(*lane);
}

}  // namespace carillon::delivery
