#pragma once

#include "carillon/store/attempt_log.h"
#include "carillon/store/refusal.h"
#include "carillon/store/stores.h"

// The words of lib/store are those of the part that implements it.
namespace carillon::journal {

using store::AppendDone;
using store::Appended;
using store::AttemptPage;
using store::AttemptRow;
using store::BatchMember;
using store::Consumer;
using store::DeadLetter;
using store::Demand;
using store::DisabledReason;
using store::Due;
using store::DueDeliveries;
using store::DueDelivery;
using store::EventBatch;
using store::EventBatchPtr;
using store::Events;
using store::EvictionRequest;
using store::GroupId;
using store::GroupState;
using store::Health;
using store::Holder;
using store::kMaxGroup;
using store::kMaxHolders;
using store::kMaxRest;
using store::LaneCursor;
using store::LaneHealth;
using store::LaneId;
using store::LaneName;
using store::LaneState;
using store::ListedLane;
using store::OwnedLaneIds;
using store::OwnedLanes;
using store::OwnerCall;
using store::Parked;
using store::ParkedKey;
using store::ParkedPage;
using store::Refusal;
using store::RefusalOf;
using store::Refuse;
using store::RetiredLane;
using store::SettledSet;
using store::Settlement;
using store::ShardId;
using store::ShardState;

}  // namespace carillon::journal
