#include "table_changes.h"

#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace carillon::delivery {
namespace {

absl::Status ShuttingDown() { return absl::UnavailableError("delivery is being shut down"); }

}  // namespace

void TableChanges::Prepare(std::shared_ptr<const routing::RoutingTable> table, Ready ready) {
  waiting_.push_back({.next = {.table = std::move(table)}, .ready = std::move(ready)});
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
    auto added = FindLanes(change.next);
    if (!added.ok()) {
      End();
      change.ready(added.status());
    } else if (added->empty()) {
      SetReady(std::move(change));
    } else {
      using Opened = absl::StatusOr<std::vector<journal::LaneState>>;
      journal_.OpenLanes(*std::move(added),
                         [this, change = std::move(change)](const Opened& opened) mutable {
                           OnOpened(std::move(change), opened);
                         });
    }
  }
}

absl::StatusOr<std::vector<journal::LaneName>> TableChanges::FindLanes(BoundTable& next) const {
  std::vector<journal::LaneName> added;
  absl::flat_hash_map<std::pair<std::string_view, std::string_view>, Lane*> current;
  for (Lane* lane : router_.lanes()) {
    current[{lane->destination().tenant, lane->destination().name}] = lane;
  }
  for (const model::Destination& destination : next.table->destinations()) {
    absl::StatusOr<net::Url> url = net::ParseUrl(destination.url);
    if (!url.ok()) return url.status();
    next.urls.push_back(*std::move(url));
    const auto found = current.find({destination.tenant, destination.name});
    next.lanes.push_back(found == current.end() ? nullptr : found->second);
    if (found == current.end()) added.push_back({destination.tenant, destination.name});
  }
  return added;
}

void TableChanges::OnOpened(Change change,
                            const absl::StatusOr<std::vector<journal::LaneState>>& opened) {
  if (!stopped_ && opened.ok()) {
    change.next.opened = *opened;
    return SetReady(std::move(change));
  }
  End();
  change.ready(stopped_ ? ShuttingDown() : opened.status());
}

void TableChanges::SetReady(Change change) {
  prepared_ = std::move(change.next);
  change.ready(absl::OkStatus());
}

void TableChanges::Commit() {
  binder_.Bind(*std::exchange(prepared_, std::nullopt));
  End();
}

// What the store had before is not closed: until the first table is in force, that may be any lane.
void TableChanges::Discard() {
  const BoundTable next = *std::exchange(prepared_, std::nullopt);
  std::vector<journal::LaneId> added;
  for (const journal::LaneState& lane : next.opened) added.push_back(lane.lane);
  if (router_.table() != nullptr && !added.empty()) journal_.CloseLanes(std::move(added));
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
