#include "table_changes.h"

#include <utility>

namespace carillon::delivery {
namespace {

absl::Status ShuttingDown() { return absl::UnavailableError("delivery is being shut down"); }

}  // namespace

void TableChanges::Prepare(NextTable next, Ready ready) {
  waiting_.push_back({.next = std::move(next), .bound = {}, .ready = std::move(ready)});
  BeginNext();
}

// One change at a time, but while lanes are being closed: a name that comes back gets a new one.
void TableChanges::BeginNext() {
  while (!changing_ && !waiting_.empty()) {
    Change change = std::move(waiting_.front());
    waiting_.pop_front();
    if (stopped_) {
      change.ready(ShuttingDown());
      continue;
    }
    changing_ = true;
    auto added = FindLanes(change);
    if (!added.ok()) {
      End();
      change.ready(added.status());
    } else if (added->empty()) {
      SetReady(std::move(change));
    } else {
      using Opened = absl::StatusOr<std::vector<store::LaneState>>;
      journal_.OpenLanes(*std::move(added),
                         [this, change = std::move(change)](const Opened& opened) mutable {
                           OnOpened(std::move(change), opened);
                         });
    }
  }
}

absl::StatusOr<std::vector<store::LaneName>> TableChanges::FindLanes(Change& change) const {
  BoundTable& bound = change.bound;
  bound.table = std::move(change.next.table);
  std::vector<store::LaneName> added;
  bound.places.reserve(change.next.places.size());
  for (const uint32_t place : change.next.places) {
    BoundPlace& at = bound.places.emplace_back();
    at.place = place;
    const routing::DestinationPtr& destination = bound.table->at(place);
    if (destination == nullptr) continue;
    absl::StatusOr<net::Url> url = net::ParseUrl(destination->url);
    if (!url.ok()) return url.status();
    at.url = *std::move(url);
    at.taken = true;
    at.lane = LaneOf(*destination, place);
    if (at.lane == nullptr) added.push_back({destination->tenant, destination->name});
  }
  return added;
}

Lane* TableChanges::LaneOf(const model::Destination& destination, uint32_t place) const {
  Lane* const there = routes_.LaneAt(place);
  const bool same = there != nullptr && there->destination().name == destination.name &&
                    there->destination().tenant == destination.tenant;
  return same ? there : nullptr;
}

void TableChanges::OnOpened(Change change,
                            const absl::StatusOr<std::vector<store::LaneState>>& opened) {
  if (!stopped_ && opened.ok()) {
    change.bound.opened = *opened;
    return SetReady(std::move(change));
  }
  End();
  change.ready(stopped_ ? ShuttingDown() : opened.status());
}

void TableChanges::SetReady(Change change) {
  prepared_ = std::move(change.bound);
  change.ready(absl::OkStatus());
}

void TableChanges::Commit(base::MonoTime now) {
  binder_.Bind(*std::exchange(prepared_, std::nullopt), now);
  End();
}

// What the store had before is not closed: until the first table is in force, that may be any lane.
void TableChanges::Discard() {
  const BoundTable next = *std::exchange(prepared_, std::nullopt);
  std::vector<store::LaneId> added;
  for (const store::LaneState& lane : next.opened) added.push_back(lane.lane);
  if (routes_.table() != nullptr && !added.empty()) journal_.CloseLanes(std::move(added));
  End();
}

void TableChanges::Stop() {
  stopped_ = true;
  BeginNext();
}

// The rest is done later: who is told of the change is told before anything is sent under it.
void TableChanges::End() {
  changing_ = false;
  callbacks_.Post([this] {
    BeginNext();
    on_end_();
  });
}

}  // namespace carillon::delivery
