#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/delivery/destination_status.h"
#include "carillon/delivery/lane_command.h"
#include "carillon/model/pending.h"
#include "carillon/store/event_log.h"
#include "carillon/store/lane_state.h"

namespace carillon::control {

/// Hands what a destination's owner asks for to whoever delivers (see engine::Engine::Command).
using CommandDelivery =
    std::function<void(delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done)>;

/// In the order in which they were asked for; nullopt where delivery did not tell in time.
using Statuses = std::vector<std::optional<delivery::DestinationStatus>>;
/// Asks whoever delivers how destinations fare, within a bounded time (see
/// engine::Engine::Describe).
using DescribeDelivery = std::function<void(std::vector<store::LaneName> names,
                                            absl::AnyInvocable<void(Statuses)> done)>;

/// Counts what a destination has left, within a bounded time; nullopt where that was not told (see
/// engine::Engine::CountPending).
using CountPending = std::function<void(
    store::LaneName name, absl::AnyInvocable<void(std::optional<model::Pending>)> done)>;

/// What methods ask of whoever delivers. Any thread; nothing blocks, and `done` is called once, on
/// any thread.
struct DeliveryAccess {
  CommandDelivery command;
  DescribeDelivery describe;
  CountPending count;
  store::EventLog* events = nullptr;  ///< what was accepted; outlives whoever asks
};

}  // namespace carillon::control
