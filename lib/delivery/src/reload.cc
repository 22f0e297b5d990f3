#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "carillon/base/text.h"
#include "dispatcher_impl.h"

namespace carillon::delivery {
namespace {

http::EndpointOptions EndpointOf(const model::Destination& destination, const http::Url& url) {
  http::EndpointOptions options{.url = url,
                                .connect_timeout = destination.connect_timeout,
                                .total_timeout = destination.total_timeout,
                                .max_connections = destination.concurrency,
                                .tls = destination.tls,
                                .tenant = destination.tenant,
                                .label = destination.tenant + "/" + destination.name};
  if (const auto* oauth2 = std::get_if<model::OAuth2Authorization>(&destination.authorization)) {
    options.oauth2 = std::make_shared<const model::OAuth2Authorization>(*oauth2);
  }
  return options;
}

}  // namespace

void DispatcherImpl::PrepareTable(std::shared_ptr<const routing::RoutingTable> table,
                                  TableReady ready) {
  changes_.push_back({.table = std::move(table), .ready = std::move(ready)});
  NextChange();
}

// One change at a time, but while lanes are being closed: a name that comes back gets a new one.
void DispatcherImpl::NextChange() {
  while (!changing_ && !changes_.empty()) {
    TableChange change = std::move(changes_.front());
    changes_.pop_front();
    if (draining_) {
      change.ready(absl::UnavailableError("delivery is being shut down"));
      continue;
    }
    std::vector<journal::LaneName> added;
    changing_ = true;
    if (absl::Status status = Prepare(change, added); !status.ok()) {
      EndChange();
      change.ready(std::move(status));
    } else if (added.empty()) {
      Ready(std::move(change));
    } else {
      using Opened = absl::StatusOr<std::vector<journal::LaneState>>;
      journal_.OpenLanes(
          std::move(added),
          home_.Bring<Opened>([this, change = std::move(change)](const Opened& opened) mutable {
            OnOpened(std::move(change), opened);
          }));
    }
  }
}

void DispatcherImpl::OnOpened(TableChange change,
                              const absl::StatusOr<std::vector<journal::LaneState>>& opened) {
  if (!draining_ && opened.ok()) {
    change.opened = *opened;
    return Ready(std::move(change));
  }
  EndChange();
  change.ready(draining_ ? absl::UnavailableError("delivery is being shut down") : opened.status());
}

void DispatcherImpl::Ready(TableChange change) {
  TableReady ready = std::move(change.ready);
  prepared_ = std::move(change);
  ready(absl::OkStatus());
}

void DispatcherImpl::CommitTable() {
  Apply(*std::exchange(prepared_, std::nullopt));
  EndChange();
}

// What the store had before is not closed: until the first table is in force, that may be any lane.
void DispatcherImpl::DiscardTable() {
  const TableChange change = *std::exchange(prepared_, std::nullopt);
  std::vector<journal::LaneId> added;
  for (const journal::LaneState& lane : change.opened) added.push_back(lane.lane);
  if (router_.table() != nullptr && !added.empty()) journal_.CloseLanes(std::move(added));
  EndChange();
}

// The rest is done later: who is told of the change is told before anything is sent under it.
void DispatcherImpl::EndChange() {
  changing_ = false;
  home_.Post([this] {
    NextChange();
    Turn();
  });
}

absl::Status DispatcherImpl::Prepare(TableChange& change,
                                     std::vector<journal::LaneName>& added) const {
  absl::flat_hash_map<std::pair<std::string_view, std::string_view>, Lane*> current;
  for (Lane* lane : router_.lanes()) {
    current[{lane->destination().tenant, lane->destination().name}] = lane;
  }
  for (const model::Destination& destination : change.table->destinations()) {
    absl::StatusOr<http::Url> url = http::ParseUrl(destination.url);
    if (!url.ok()) return url.status();
    change.urls.push_back(*std::move(url));
    const auto found = current.find({destination.tenant, destination.name});
    change.lanes.push_back(found == current.end() ? nullptr : found->second);
    if (found == current.end()) added.push_back({destination.tenant, destination.name});
  }
  return absl::OkStatus();
}

void DispatcherImpl::Apply(TableChange change) {
  const auto destinations = change.table->destinations();
  size_t new_lanes = 0;
  for (uint32_t i = 0; i < destinations.size(); ++i) {
    Lane*& lane = change.lanes[i];
    const bool is_new = lane == nullptr;
    if (is_new) lane = &AddLane(destinations[i], change.opened[new_lanes++]);
    const bool changed = is_new || !(lane->destination() == destinations[i]);
    lane->marks.changed |= changed && !is_new;
    lane->Bind(change.table, i, clock_.Mono());
    if (changed) Configure(*lane, change.urls[i], is_new);
  }
  absl::flat_hash_set<Lane*> kept(change.lanes.begin(), change.lanes.end());
  for (Lane* lane : router_.lanes()) {
    if (!kept.contains(lane)) CloseLane(*lane);
  }
  router_.SetTable(std::move(change.table), std::move(change.lanes));
  for (Lane* lane : router_.lanes()) {
    health_.FollowSwitch(*lane);
    lane->groups().WantMarks();
    scheduler_.Touched(*lane);  // it may be allowed more at once
  }
}

Lane& DispatcherImpl::AddLane(const model::Destination& destination,
                              const journal::LaneState& state) {
  const LaneBounds bounds{.bytes = options_.max_lane_bytes,
                          .floor_bytes = std::min<size_t>(options_.max_lane_bytes, 64u << 10)};
  Lane& lane = lanes_.Add(std::make_unique<Lane>(
      state, bounds, router_.tracker(), metrics_.AddLane(destination.tenant, destination.name)));
  if (!state.cursor && state.kept == 0) return lane;
  // It had fallen behind. Where its cursor is above what is routed next it simply starts there,
  // with what it kept, if it kept anything.
  const uint64_t cursor = std::min(state.cursor.value_or(UINT64_MAX), router_.next());
  if (cursor < router_.next() || state.kept > 0) lane.FallBehind(cursor);
  return lane;
}

void DispatcherImpl::Configure(Lane& lane, const http::Url& url, bool open) {
  const http::EndpointOptions endpoint = EndpointOf(lane.destination(), url);
  if (!open) courier_.Update(lane.endpoint(), endpoint);
  lane.SetRequests(open ? courier_.Open(endpoint) : lane.endpoint(),
                   RequestMaker(lane.destination(), url, options_.user_agent));
  if (open) scheduler_.Join(lane);
}

void DispatcherImpl::CloseLane(Lane& lane) {
  evictor_.TellOf(lane);
  removals_.Begin(lane);
  for (const uint64_t position : lane.Close()) {
    dead_.Add(lane, {.position = position});
  }
  scheduler_.Touched(lane);
  if (lane.Gone()) removals_.OnGone(lane);
  courier_.Close(lane.endpoint());  // what is in flight ends as cancelled, and then the lane
}

}  // namespace carillon::delivery
