#include "waiting_remover.h"

#include <algorithm>
#include <variant>

#include "parked_kind.h"

namespace carillon::delivery {
namespace {

/// A row of the deliveries that leave, but for those in whose groups another one stays: these wait
/// for it as before.
store::Parked WhatIsReleased(const std::vector<store::BatchMember>& gone,
                             const std::vector<store::BatchMember>& left) {
  store::Parked released;
  for (const store::BatchMember& member : gone) {
    if (std::ranges::count(left, member.group, &store::BatchMember::group) == 0) {
      released.rest.push_back(member);
    }
  }
  return released;
}

}  // namespace

void WaitingRemover::Skip(const Lane& lane, uint64_t from, uint64_t position) {
  router_.skipped().Add(lane.id(), from, position);
  Bury(lane, position, 0);
}

bool WaitingRemover::Remove(Lane& lane, const store::Parked& row, const std::vector<bool>& wanted,
                            uint64_t before) {
  if (!Take(lane, row, before)) return false;
  std::vector<store::BatchMember> all{{row.position, row.group}};
  all.insert(all.end(), row.rest.begin(), row.rest.end());
  std::vector<store::BatchMember> gone;
  std::vector<store::BatchMember> left;
  for (size_t i = 0; i < all.size(); ++i) (wanted[i] ? gone : left).push_back(all[i]);
  if (left.empty()) {
    rows_.Remove(lane, row);
  } else {
    rows_.Shrink(lane, row, left);
  }
  for (const store::BatchMember& member : gone) Bury(lane, member.position, row.attempts);
  if (row.due.timed()) lane.groups().Release(WhatIsReleased(gone, left));
  return true;
}

bool WaitingRemover::Take(Lane& lane, const store::Parked& row, uint64_t before) {
  return std::visit(
      ForKind{[&](TimedRow timed) { return lane.retries().Take(timed.due, row.position); },
              [&](HeldRow held) { return lane.groups().TakeOut(held.group, row.position); },
              [&](KeptRow) { return lane.kept().TakeOut(row.position, before); },
              [&](StuckRow) { return false; }},
      KindOf(row.due));
}

void WaitingRemover::Bury(const Lane& lane, uint64_t position, uint32_t attempts) {
  settlements_.Add(
      store::DeadLetter{lane.id(), position, attempts, model::Outcome::kCancelled, clock_.Wall()});
}

}  // namespace carillon::delivery
