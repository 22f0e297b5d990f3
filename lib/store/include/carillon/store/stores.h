#pragma once

#include "carillon/store/event_log.h"
#include "carillon/store/lane_registry.h"
#include "carillon/store/shard_store.h"

namespace carillon::store {

/// What deliveries are made from; one object may be all of them. They outlive whoever has this.
struct Stores {
  EventLog& events;
  ShardStore& shards;
  LaneRegistry& lanes;
};

}  // namespace carillon::store
