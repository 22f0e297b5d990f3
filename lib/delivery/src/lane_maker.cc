#include "lane_maker.h"

#include <algorithm>
#include <memory>

#include "carillon/delivery/single_request.h"

namespace carillon::delivery {
namespace {

// What a lane keeps when memory is short.
constexpr size_t kFloorBytes = 64u << 10;

}  // namespace

Lane& LaneMaker::Make(const model::Destination& destination, const store::LaneState& state) {
  const LaneBounds bounds{.bytes = max_lane_bytes_,
                          .floor_bytes = std::min<size_t>(max_lane_bytes_, kFloorBytes)};
  Lane& lane = lanes_.Add(std::make_unique<Lane>(
      state, bounds, router_.tracker(), metrics_.AddLane(destination.tenant, destination.name)));
  if (!state.cursor && state.kept == 0) return lane;
  // It had fallen behind. Where its cursor is above what is routed next it simply starts there,
  // with what it kept, if it kept anything.
  const uint64_t cursor = std::min(state.cursor.value_or(UINT64_MAX), router_.next());
  if (cursor < router_.next() || state.kept > 0) lane.FallBehind(cursor);
  return lane;
}

void LaneMaker::Open(Lane& lane, const net::Url& url) {
  lane.SetRequests(courier_.Open(EndpointOf(lane.destination(), url)), user_agent_);
  scheduler_.Join(lane);
}

void LaneMaker::Update(Lane& lane, const net::Url& url) {
  courier_.Update(lane.endpoint(), EndpointOf(lane.destination(), url));
  lane.SetRequests(lane.endpoint(), user_agent_);
}

}  // namespace carillon::delivery
