#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/delivery/purge_order.h"
#include "carillon/delivery/resend_order.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/operations/event_scan.h"
#include "carillon/operations/task.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/event_log.h"
#include "carillon/v1/delivery_service.pb.h"

namespace carillon::operations {

/// Hands deliveries to whoever makes them (see engine::Engine::Resend).
using Resend = std::function<void(delivery::ResendOrder order,
                                  absl::AnyInvocable<void(absl::StatusOr<size_t>)> done)>;
/// What the destination wants by the subscriptions in force: a table that has it at place 0. Null:
/// there is no such destination. Any thread.
using RoutesOf = std::function<std::shared_ptr<const routing::RoutingTable>(
    const std::string& tenant, const std::string& destination)>;

/// Gives up deliveries that wait (see engine::Engine::Purge).
using Purge =
    std::function<void(delivery::PurgeOrder order,
                       absl::AnyInvocable<void(absl::StatusOr<delivery::PurgeResult>)> done)>;
/// The names of a tenant's destinations. Any thread.
using DestinationsOf = std::function<std::vector<std::string>(const std::string& tenant)>;

/// What replays, resends and purges work with; all outlive them.
struct DeliveryTools {
  store::EventLog& events;
  Resend resend;
  RoutesOf routes;
  deliverylog::AttemptStore* log = nullptr;  ///< null: it is off
  Purge purge;
  DestinationsOf destinations;
};

/// No more of a destination's deliveries may be parked while a replay or resend adds some: a
/// destination that fails is given no more than it can take, and memory and disk stay bounded.
inline constexpr uint64_t kMaxParked = 1000;

/// Which events a replay means, by the subscriptions of now. INVALID_ARGUMENT, or FIELD_INVALID or
/// FILTER_INVALID of carillon/aip/error.h, about the request; NOT_FOUND: there is no such
/// destination.
absl::StatusOr<EventSelection> SelectionOf(const v1::ReplayEventsRequest& request,
                                           const RoutesOf& routes);

/// Leaves those of `found` to whom the destination has not answered with success, and who do not
/// wait for a retry there, as the log has it; their places in `found` ascend. `done` as that of
/// AttemptStore::Find.
void KeepMissing(deliverylog::AttemptStore& log, const std::string& tenant,
                 const std::string& destination, std::vector<FoundEvent> found,
                 absl::AnyInvocable<void(absl::StatusOr<std::vector<FoundEvent>>)> done);

/// The task of a replay: events go in the order of the journal; one that is still on its first way
/// to the destination is waited for. INVALID_ARGUMENT: the request cannot be read.
absl::StatusOr<std::unique_ptr<Task>> MakeReplay(const StoredOperation& stored,
                                                 const DeliveryTools& tools);

}  // namespace carillon::operations
