#pragma once

#include <cstddef>

#include "held_event.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "router.h"

namespace carillon::delivery {

/// Keeps the memory of a shard's events in its bound. Over it nothing is routed, and lanes give up
/// what they have queued, to read it again later, until a quarter is free. Over three quarters
/// nothing is read from disk for lanes that are behind. One thread; what is given outlives it.
class MemoryBound {
 public:
  MemoryBound(size_t max_bytes, const HeldEvents& held, LaneMap& lanes, LaneScheduler& scheduler,
              const Router& router)
      : max_bytes_(max_bytes), held_(held), lanes_(lanes), scheduler_(scheduler), router_(router) {}

  /// There is room for what is on disk.
  bool RoomToRead() const { return held_.bytes() < max_bytes_ / 4 * 3; }
  /// Nothing may be routed. Asked before each event.
  bool Full();
  /// Now and then: where those that wait for something on disk are starved by those that have
  /// memory and make no use of it, these give it up.
  void Tick();

 private:
  void Relieve(int halvings);

  const size_t max_bytes_;
  const HeldEvents& held_;
  LaneMap& lanes_;
  LaneScheduler& scheduler_;
  const Router& router_;
  bool full_ = false;
  int starved_ = 0;  // ticks in a row without memory for what is on disk
};

}  // namespace carillon::delivery
