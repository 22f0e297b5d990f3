// What a lane that is behind keeps when events are to leave the journal, and what it gives up when
// too much is kept for it.

#include <algorithm>

#include "dispatcher_impl.h"

namespace carillon::delivery {
namespace {

constexpr int kMoves = 2;
constexpr size_t kPageRows = 500;
/// How often one lane tells what it gave up.
constexpr std::chrono::seconds kTellEvery{10};

}  // namespace

void DispatcherImpl::FollowDemand() {
  if (draining_ || table_ == nullptr) return;
  const uint64_t version = demand_.version;
  demand_ = journal_.demand();
  if (demand_.leave_to != 0) {
    scheduler_.ForEach(LaneNeed::kCursor, [this](Lane& lane) { StartMoving(lane); });
  }
  if (demand_.version != version && demand_.give_up != nullptr) {
    for (const auto& [id, give_up] : *demand_.give_up) {
      Lane* lane = lanes_.Find(id);
      if (lane != nullptr && !lane->closing()) StartGivingUp(*lane, give_up);
    }
  }
}

void DispatcherImpl::StartMoving(Lane& lane) {
  if (lane.reading() || lane.NeedsRead()) return;
  const std::optional<uint64_t> cursor = lane.DurableCursor();
  if (!cursor || *cursor > demand_.leave_to) return;
  lane.Shed(0, feed_.next());
  // What is in flight ends soon; only what lies at the cursor has to be looked at.
  if (lane.cursor() && *lane.cursor() <= demand_.leave_to) {
    lane.BeginRead();
    moving_.push_back(lane.id());
  }
  scheduler_.Touched(lane);
}

// What is kept comes before what the cursor covers, also after a restart: so the lane first has to
// end what it has in flight, and begins nothing new until it has moved.
void DispatcherImpl::MoveOn() {
  size_t looks = moving_.size();
  while (moves_ < kMoves && looks-- > 0 && MayStart()) {
    Lane* lane = lanes_.Find(moving_.pop_front());
    if (lane == nullptr || lane->closing()) continue;
    if (lane->LowestUnsettled() != Tracker::kNone) {
      moving_.push_back(lane->id());
      continue;
    }
    ++moves_;
    journal_.Read(
        *lane->cursor(), options_.read_bytes,
        home_.Bring<journal::EventBatchPtr>(
            [this, id = lane->id(), to = demand_.leave_to](const journal::EventBatchPtr& batch) {
              --moves_;
              OnMoving(id, to, batch == nullptr ? journal::EventBatch() : *batch);
              Turn();
            }));
  }
  GiveUpRows();
}

void DispatcherImpl::OnMoving(journal::LaneId id, uint64_t leave_to,
                              const journal::EventBatch& batch) {
  Lane* const lane = lanes_.Find(id);
  if (draining_ || lane == nullptr || lane->closing()) return;
  const uint64_t end = std::min(leave_to + 1, feed_.next());
  uint64_t seen = batch.empty() ? end : batch.back()->position() + 1;
  for (const model::EventPtr& event : batch) {
    if (event->position() >= end) break;
    if (event->position() < *lane->cursor() || !lane->Matches(*event)) continue;
    if (!WasSettled(event->position(), id)) KeepOrGiveUp(*lane, *event);
  }
  lane->MoveCursor(std::clamp(seen, *lane->cursor(), std::max(end, *lane->cursor())));
  if (*lane->cursor() < end) {
    moving_.push_back(id);
  } else {
    lane->EndRead();
  }
  scheduler_.Touched(*lane);
}

void DispatcherImpl::KeepOrGiveUp(Lane& lane, const model::Event& event) {
  if (event.accepted_at() < demand_.keep_since) {
    const journal::Parked row{.lane = lane.id(),
                              .due = journal::kKeptDue,
                              .position = event.position(),
                              .group = lane.GroupOf(event),
                              .rest = {}};
    return BuryRow(lane, row, /*too_old=*/true);
  }
  news_.Add(lane.Keep(event));
  lane.retries().CountParked(1);
}

void DispatcherImpl::StartGivingUp(Lane& lane, const journal::GiveUp& give_up) {
  lane.marks.give_up = give_up;
  // What was taken to be sent, and cannot be now, is given up like what was not.
  if (lane.mode() != Lane::Mode::kRun || lane.pace().Resting()) {
    lane.Shed(0, feed_.next());
    scheduler_.Touched(lane);
  }
  if (std::exchange(lane.marks.giving_up, true)) return;
  giving_up_.push_back(lane.id());
}

void DispatcherImpl::GiveUpRows() {
  while (!listing_ && !giving_up_.empty() && MayStart()) {
    Lane* lane = lanes_.Find(giving_up_.front());
    if (lane == nullptr || lane->closing()) {
      giving_up_.pop_front();
      page_.reset();
      continue;
    }
    listing_ = true;
    if (!page_) page_upsets_ = lane->upsets();
    lane->BeginListing();
    const journal::GiveUp asked = lane->marks.give_up;
    const journal::ParkedKey start{lane->id(), base::WallTime::min(), 0};
    journal_.ListParked(lane->id(), asked.up_to, page_.value_or(start), kPageRows,
                        home_.Bring<journal::ParkedPage>(
                            [this, id = lane->id(), asked](const journal::ParkedPage& page) {
                              listing_ = false;
                              OnParkedPage(id, asked, page);
                              Turn();
                            }));
  }
}

// Rows that wait for a time are known by their keys. Of others it is the order that tells: when
// that was upset since the first page, they wait for the next time that the journal asks.
void DispatcherImpl::OnParkedPage(journal::LaneId id, const journal::GiveUp& asked,
                                  const journal::ParkedPage& page) {
  Lane* const lane = lanes_.Find(id);
  page_ = page.next;
  if (lane == nullptr) return;  // taken off the list with the next turn
  if (draining_ || lane->closing()) return lane->EndListing();
  const bool upset = lane->upsets() != page_upsets_;
  for (const journal::Parked& row : page.rows) {
    if (upset && row.due >= journal::kFirstHeldDue) break;
    if (!TakeToGiveUp(*lane, row)) continue;
    news_.Add(journal::ParkedKey{id, row.due, row.position});
    lane->retries().CountUnparked(1 + row.rest.size());
    BuryRow(*lane, row, row.position <= asked.too_old_to);
    if (row.due < journal::kFirstHeldDue) lane->groups().Release(row);
  }
  lane->EndListing();
  scheduler_.Touched(*lane);
  if (!page.next || (upset && page.next->due >= journal::kFirstHeldDue)) EndGivingUp(*lane, asked);
}

// When more was asked for meanwhile, the lane's rows are looked at from the first on again.
void DispatcherImpl::EndGivingUp(Lane& lane, const journal::GiveUp& asked) {
  page_.reset();
  giving_up_.pop_front();
  if (lane.marks.give_up == asked) {
    lane.marks.giving_up = false;
  } else {
    giving_up_.push_back(lane.id());
  }
}

// False for a row of which there is something in memory: that comes to an end of its own.
bool DispatcherImpl::TakeToGiveUp(Lane& lane, const journal::Parked& row) {
  if (row.due < journal::kFirstHeldDue) return lane.retries().Take(row.due, row.position);
  if (row.due == journal::kKeptDue) return lane.BuryKept(row.position);
  const journal::GroupId group = journal::GroupHeldAt(row.due);
  if (!lane.groups().TakeToGiveUp(group, row.position)) return false;
  lane.groups().Update(group);
  return true;
}

void DispatcherImpl::BuryRow(Lane& lane, const journal::Parked& row, bool too_old) {
  const bool hold = lane.destination().order.after_dead == model::AfterDead::kHold &&
                    lane.mode() != Lane::Mode::kDrop;
  const auto bury = [&](uint64_t position, journal::GroupId group) {
    NoteDead(lane, {.position = position, .event_id = {}, .attempts = row.attempts});
    GivenUp& told = lane.marks.given_up;
    if (told.deliveries++ == 0) {
      told.first = told.last = position;
      given_up_lanes_.push_back(&lane);
    }
    told.too_old += too_old ? 1 : 0;
    told.first = std::min(told.first, position);
    told.last = std::max(told.last, position);
    if (!hold || group == 0 || !lane.groups().Stick(group)) return;
    news_.Add(journal::Parked{.lane = lane.id(),
                              .due = journal::HeldDue(0),
                              .position = position,
                              .attempts = lane.destination().generation,
                              .group = group,
                              .rest = {}});
  };
  const uint64_t deliveries = 1 + row.rest.size();
  metrics_.CountGivenUp(too_old ? metrics::GivenUp::kTooOld : metrics::GivenUp::kTooMuch,
                        deliveries);
  bury(row.position, row.group);
  for (const journal::BatchMember& member : row.rest) bury(member.position, member.group);
}

void DispatcherImpl::TellGivenUp(base::MonoTime now) {
  for (Lane* lane : std::vector<Lane*>(given_up_lanes_)) {
    if (now < lane->marks.given_up.tell_at) continue;
    TellGivenUpBy(*lane);
    lane->marks.given_up.tell_at = now + kTellEvery;
  }
}

void DispatcherImpl::TellGivenUpBy(Lane& lane) {
  if (std::erase(given_up_lanes_, &lane) == 0) return;
  const GivenUp told = std::exchange(lane.marks.given_up, {});
  const model::Destination& destination = lane.destination();
  observer_.OnKeptTooMuch(destination, {.deliveries = told.deliveries,
                                        .too_old = told.too_old,
                                        .first_position = told.first,
                                        .last_position = told.last});
  if (lane.closing() || !IsWanted(lane, model::kDeliveryDead)) return;
  news_.Add(DeliveriesGivenUp(destination, told, clock_.Wall(), random_));
}

}  // namespace carillon::delivery
