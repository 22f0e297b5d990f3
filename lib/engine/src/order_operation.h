#pragma once

#include <cstddef>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/delivery/lane_command.h"
#include "carillon/delivery/purge_order.h"
#include "carillon/delivery/resend_order.h"
#include "delivery_shard.h"
#include "engine_state.h"
#include "operation.h"

namespace carillon::engine {

/// Hands an order for one destination to the shard that has it: its owner's command, or deliveries
/// that are to be made again, by the method `kHand`. The next operation does not wait for the disk.
/// Engine's thread.
///
/// `done`, once: what the shard says; NOT_FOUND: the destination is not in force; UNAVAILABLE:
/// another process has its shard, or delivery is being shut down.
template <auto kHand, typename Order, typename Result>
class OrderOperation final : public Operation {
 public:
  using Done = absl::AnyInvocable<void(Result)>;

  /// `order`: its place is filled in. `state` outlives it.
  OrderOperation(EngineState& state, Order order, Done done)
      : state_(state), order_(std::move(order)), done_(std::move(done)) {}

  void Begin(absl::AnyInvocable<void()> end) override {
    Done done = std::exchange(done_, nullptr);
    const Placement::Assignment* const at = state_.tables.Find(order_.tenant, order_.name);
    if (at == nullptr) {
      done(absl::NotFoundError("the destination is not in force"));
    } else if (!state_.Owns(at->shard)) {
      done(absl::UnavailableError("another process delivers to the destination"));
    } else {
      order_.place = at->place;
      ((*state_.shards[at->shard].delivery).*kHand)(std::move(order_), std::move(done));
    }
    end();
  }

  void Cancel() override {
    if (done_ == nullptr) return;
    std::exchange(done_, nullptr)(absl::UnavailableError("delivery is being shut down"));
  }

 private:
  EngineState& state_;
  Order order_;
  Done done_;
};

/// See Engine::Command.
using CommandOperation = OrderOperation<&DeliveryShard::Command, delivery::LaneOrder, absl::Status>;
/// See Engine::Purge.
using PurgeOperation = OrderOperation<&DeliveryShard::Purge, delivery::PurgeOrder,
                                      absl::StatusOr<delivery::PurgeResult>>;
/// See Engine::Resend.
using ResendOperation =
    OrderOperation<&DeliveryShard::Resend, delivery::ResendOrder, absl::StatusOr<size_t>>;

}  // namespace carillon::engine
