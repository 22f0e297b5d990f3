#include "trimmer.h"

#include <utility>
#include <variant>

#include "parked_kind.h"

namespace carillon::delivery {
namespace {

constexpr size_t kPageRows = 500;

}  // namespace

void Trimmer::Follow(const store::Demand& demand) {
  if (std::exchange(version_, demand.version) == demand.version) return;
  if (demand.evict == nullptr) return;
  for (const auto& [id, evict] : *demand.evict) {
    Lane* const lane = lanes_.Find(id);
    if (lane != nullptr && !lane->closing()) Start(*lane, evict);
  }
}

void Trimmer::Start(Lane& lane, const store::EvictionRequest& evict) {
  // What was taken to be sent, and cannot be now, is given up like what was not.
  if (lane.mode() != Lane::Mode::kRun || lane.pace().Resting()) {
    lane.Shed(0, router_.next());
    scheduler_.Touched(lane);
  }
  if (evict_.insert_or_assign(lane.id(), evict).second) giving_up_.push_back(lane.id());
}

void Trimmer::Run() {
  while (!listing_ && !giving_up_.empty()) {
    const store::LaneId id = giving_up_.front();
    Lane* lane = lanes_.Find(id);
    if (lane == nullptr || lane->closing()) {
      evict_.erase(id);
      giving_up_.pop_front();
      page_.reset();
      continue;
    }
    listing_ = true;
    if (!page_) {
      asked_ = evict_.at(id);
      page_upsets_ = lane->upsets();
    }
    const store::ParkedKey start{lane->id(), store::Due(), 0};
    journal_.ListParked(*lane, asked_.up_to, page_.value_or(start), kPageRows,
                        [this, listing = lane->BeginListing()](
                            Lane* listed, const store::ParkedPage& page) mutable {
                          listing_ = false;
                          page_ = page.next;
                          // One that is gone, or closing, is taken off the list with the next turn.
                          if (listed == nullptr) return;
                          if (!listed->closing()) OnPage(*listed, page);
                          listed->EndListing(std::move(listing));
                        });
  }
}

// Rows that wait for a time are known by their keys. Of others it is the order that tells: when
// that was upset since the first page, they wait for the next time that the journal asks.
void Trimmer::OnPage(Lane& lane, const store::ParkedPage& page) {
  const bool upset = lane.upsets() != page_upsets_;
  for (const store::Parked& row : page.rows) {
    if (upset && !row.due.timed()) break;
    if (Take(lane, row)) evictor_.EvictRow(lane, row, WhyNot(row.position));
  }
  if (!page.next || (upset && !page.next->due.timed())) End(lane);
}

metrics::GivenUp Trimmer::WhyNot(uint64_t position) const {
  if (position <= asked_.too_old_to) return metrics::GivenUp::kTooOld;
  if (position > asked_.of_tenant_above) return metrics::GivenUp::kTenantTooMuch;
  return metrics::GivenUp::kTooMuch;
}

// When more was asked for since the first page, the lane's rows are looked at from there on again.
void Trimmer::End(Lane& lane) {
  page_.reset();
  giving_up_.pop_front();
  if (evict_.at(lane.id()) == asked_) {
    evict_.erase(lane.id());
  } else {
    giving_up_.push_back(lane.id());
  }
}

// False for a row of which there is something in memory: that comes to an end of its own.
bool Trimmer::Take(Lane& lane, const store::Parked& row) {
  return std::visit(
      ForKind{[&](TimedRow timed) { return lane.retries().Take(timed.due, row.position); },
              [&](HeldRow held) { return lane.groups().TakeToEvict(held.group, row.position); },
              [&](KeptRow) { return lane.kept().Forget(row.position); },
              [&](StuckRow) { return false; }},
      KindOf(row.due));
}

}  // namespace carillon::delivery
