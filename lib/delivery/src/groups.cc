#include "groups.h"

#include <algorithm>
#include <utility>

namespace carillon::delivery {

Groups::Groups(std::span<const store::GroupState> recovered) {
  for (const store::GroupState& state : recovered) {
    Group& group = groups_[state.group];
    group.timed = static_cast<uint32_t>(state.timed);
    group.rows = state.held;
    group.recovered = state.held > 0;
    recovering_ |= group.recovered;
    group.stuck = state.stuck;
    stuck_ += state.stuck ? 1 : 0;
    Update(state.group, group);
  }
}

void Groups::EndRecovery() {
  recovering_ = false;
  ++upsets_;
  for (auto& [id, group] : groups_) {
    if (!std::exchange(group.recovered, false)) continue;
    group.ahead = group.written;
    if (group.wants()) Update(id, group);
  }
}

bool Groups::Free(store::GroupId id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() || found->second.free();
}

void Groups::TakeInto(Group& group) {
  if (std::exchange(group.batch, batch_) != batch_) ++group.flying;
}

Groups::Place Groups::Offer(Delivery& fresh) {
  Group& group = groups_[fresh.group];
  const bool ours = group.flying > 0 && group.batch == batch_;
  if (group.in_order() && !group.asking && (group.free() || ours)) {
    TakeInto(group);
    return Place::kTaken;
  }
  const bool short_wait = group.rows == 0 && group.written == 0 && group.timed == 0 && !group.stuck;
  if (short_wait && group.waiting.size() < kMaxWaiting) {
    const store::GroupId id = fresh.group;
    Push(id, std::move(fresh));
    Update(id, group);
    return Place::kWaits;
  }
  ++group.written;
  return Place::kHeld;
}

const Delivery* Groups::Peek() {
  while (!ready_.empty()) {
    const auto found = groups_.find(ready_.front());
    if (found != groups_.end()) {
      Group& group = found->second;
      const bool ours = group.flying > 0 && group.batch == batch_;
      if (!group.waiting.empty() && (group.free() || ours)) return &group.waiting.front();
      group.ready = false;
    }
    ready_.pop_front();
  }
  return nullptr;
}

Delivery Groups::Pop() {
  const store::GroupId id = ready_.front();
  Group& group = groups_.find(id)->second;
  Delivery delivery = group.waiting.pop_front();
  --waiting_;
  if (!delivery.held) unsettled_.erase(delivery.event->position());
  TakeInto(group);
  if (group.waiting.empty()) {
    group.ready = false;
    ready_.pop_front();
    Update(id, group);
  }
  return delivery;
}

// Each of its groups once.
Groups::Ids Groups::Of(const DeliveryBatch& deliveries) {
  Ids ids;
  deliveries.ForEach([&ids](const Delivery& delivery) {
    if (delivery.group != 0) ids.push_back(delivery.group);
  });
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void Groups::Restart(const DeliveryBatch& deliveries) {
  for (const store::GroupId id : Of(deliveries)) {
    Group& group = groups_[id];
    if (group.timed > 0) --group.timed;
    ++group.flying;
  }
}

void Groups::Release(const store::Parked& row) {
  Ids ids{row.group};
  for (const store::BatchMember& member : row.rest) ids.push_back(member.group);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const store::GroupId id : ids) {
    const auto found = groups_.find(id);
    if (id == 0 || found == groups_.end()) continue;
    if (found->second.timed > 0) --found->second.timed;
    Update(id, found->second);
  }
}

std::vector<Delivery> Groups::Finish(const DeliveryBatch& deliveries, Ending ending) {
  std::vector<Delivery> held;
  for (const store::GroupId id : Of(deliveries)) {
    Group& group = groups_[id];
    --group.flying;
    if (ending == Ending::kParked) ++group.timed;
    if (ending == Ending::kStuck && !std::exchange(group.stuck, true)) ++stuck_;
    if (ending != Ending::kSettled) HoldWaiting(group, held);
    Update(id, group);
  }
  return held;
}

void Groups::HoldAgain(store::GroupId id, uint64_t position) {
  Group& group = groups_[id];
  ++group.written;
  group.ahead = group.written;
  group.taken = std::min(group.taken, position - 1);
  group.outdated |= group.asking;
  ++upsets_;
}

std::vector<Delivery> Groups::HoldAll() {
  std::vector<Delivery> held;
  for (auto& [id, group] : groups_) {
    if (group.waiting.empty()) continue;
    HoldWaiting(group, held);
    Update(id, group);  // has rows now, so it stays
  }
  return held;
}

// Where a group got stuck while something of it was in flight, what came later was held already,
// and may have been taken to be evicted: then rows that are written now come before others.
void Groups::HoldWaiting(Group& group, std::vector<Delivery>& out) {
  if (group.waiting.empty()) return;
  ++upsets_;
  const uint64_t taken = group.taken;
  const uint64_t written = group.written;
  bool before = group.rows > 0 || written > 0;
  group.taken = std::min(taken, group.waiting.front().event->position() - 1);
  while (!group.waiting.empty()) {
    Delivery delivery = group.waiting.pop_front();
    --waiting_;
    if (delivery.held && !delivery.kept) {
      ++group.rows;
      --group.leaving;
    } else {
      ++group.written;
      before |= delivery.event->position() <= taken;
      if (!delivery.held) unsettled_.erase(delivery.event->position());
    }
    out.push_back(std::move(delivery));
  }
  if (before && group.written > written) group.ahead = group.written;
}

bool Groups::IsStuck(store::GroupId id) const {
  if (id == 0) return stuck_ > 0;
  const auto found = groups_.find(id);
  return found != groups_.end() && found->second.stuck;
}

uint64_t Groups::HeldBehindDead(store::GroupId id) const {
  uint64_t held = 0;
  if (stuck_ == 0) return held;
  for (const auto& [each, group] : groups_) {
    if (group.stuck && (id == 0 || id == each)) held += group.rows + group.written;
  }
  return held;
}

std::vector<uint64_t> Groups::OnMarks(StuckMarks::Asking asking, std::span<const Mark> passed) {
  std::vector<uint64_t> removed;
  for (const auto& [id, position] : passed) {
    if (!marks_.Remove(position)) continue;
    removed.push_back(position);
    const auto found = groups_.find(id);
    if (found == groups_.end() || !std::exchange(found->second.stuck, false)) continue;
    --stuck_;
    Update(id, found->second);
  }
  if (marks_.EndAsking(std::move(asking))) WantMarks();
  return removed;
}

std::optional<Groups::Ask> Groups::NextAsk() {
  while (!wanted_.empty()) {
    const store::GroupId id = wanted_.front();
    wanted_.pop_front();
    const auto found = groups_.find(id);
    if (found == groups_.end()) continue;
    Group& group = found->second;
    group.wanted = false;
    if (!group.wants()) continue;
    group.asking = true;
    return Ask{id, group.leaving + kAskRows, {}};
  }
  return std::nullopt;
}

bool Groups::WayIsFree(store::GroupId id) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) return false;
  Group& group = found->second;
  group.asking = false;
  const bool outdated = std::exchange(group.outdated, false);
  if (group.timed == 0 && !group.stuck && !outdated) return true;
  Update(id, group);
  return false;
}

bool Groups::TakeRow(store::GroupId id, uint64_t position) {
  Group& group = groups_.find(id)->second;
  // A row that became durable after its position was known is not counted yet; it comes later.
  if (position <= group.taken || group.rows == 0) return false;
  if (std::ranges::binary_search(group.out, position)) return false;
  group.taken = position;
  --group.rows;
  ++group.leaving;
  return true;
}

bool Groups::TakeToEvict(store::GroupId id, uint64_t position) {
  const auto found = groups_.find(id);
  if (found == groups_.end() || recovering() || found->second.ahead > 0) return false;
  if (!TakeRow(id, position)) return false;
  Update(id, found->second);
  return true;
}

bool Groups::TakeOut(store::GroupId id, uint64_t position) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) return false;
  Group& group = found->second;
  if (position <= group.taken || group.rows == 0) return false;
  const auto at = std::ranges::lower_bound(group.out, position);
  if (at != group.out.end() && *at == position) return false;
  group.out.insert(at, position);
  --group.rows;
  ++group.leaving;
  Update(id, group);
  return true;
}

bool Groups::Stick(store::GroupId id) {
  Group& group = groups_[id];
  if (std::exchange(group.stuck, true)) return false;
  ++stuck_;
  Update(id, group);
  return true;
}

void Groups::Push(store::GroupId id, Delivery delivery) {
  if (!delivery.held) unsettled_.insert(delivery.event->position());
  ++waiting_;
  groups_.find(id)->second.waiting.push_back(std::move(delivery));
}

void Groups::OnHeld(store::GroupId id) {
  Group& group = groups_[id];
  --group.written;
  ++group.rows;
  if (group.ahead > 0 && --group.ahead == 0) ++upsets_;
  Update(id, group);
}

void Groups::OnRemoved(store::GroupId id) {
  Group& group = groups_[id];
  --group.leaving;
  Update(id, group);
}

void Groups::Update(store::GroupId id) {
  const auto found = groups_.find(id);
  if (found != groups_.end()) Update(id, found->second);
}

void Groups::Update(store::GroupId id, Group& group) {
  // No answer that is under way can hold one of them any more.
  if (!group.out.empty() && group.leaving == 0 && !group.asking) {
    if (listings_ == 0)
      group.out.clear();
    else
      idle_.push_back(id);
  }
  if (!group.waiting.empty()) {
    if (group.free() && !std::exchange(group.ready, true)) ready_.push_back(id);
  } else if (group.rows > 0) {
    if (group.wants() && !std::exchange(group.wanted, true)) wanted_.push_back(id);
  } else if (group.free() && group.written == 0 && group.leaving == 0 && !group.asking) {
    if (listings_ > 0) {
      idle_.push_back(id);
    } else {
      groups_.erase(id);
    }
  }
}

void Groups::EndListing(Listing listing) {
  listing.End();
  if (--listings_ > 0) return;
  for (const store::GroupId id : std::exchange(idle_, {})) Update(id);
}

std::vector<Delivery> Groups::Clear() {
  std::vector<Delivery> all;
  for (auto& [id, group] : groups_) {
    while (!group.waiting.empty()) all.push_back(group.waiting.pop_front());
  }
  waiting_ = 0;
  unsettled_.clear();
  return all;
}

}  // namespace carillon::delivery
