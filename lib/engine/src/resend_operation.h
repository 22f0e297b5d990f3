#pragma once

#include <cstddef>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/delivery/resend_order.h"
#include "engine_state.h"
#include "operation.h"

namespace carillon::engine {

/// Hands deliveries that are to be made again to their destination's shard. The next operation does
/// not wait for the disk. See Engine::Resend. Engine's thread.
class ResendOperation final : public Operation {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<size_t>)>;

  /// `order`: its place is filled in. `state` outlives it.
  ResendOperation(EngineState& state, delivery::ResendOrder order, Done done)
      : state_(state), order_(std::move(order)), done_(std::move(done)) {}

  void Begin(absl::AnyInvocable<void()> end) override;
  void Cancel() override;

 private:
  EngineState& state_;
  delivery::ResendOrder order_;
  Done done_;
};

}  // namespace carillon::engine
