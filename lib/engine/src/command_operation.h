#pragma once

#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/delivery/lane_command.h"
#include "engine_state.h"
#include "operation.h"

namespace carillon::engine {

/// Hands what a destination's owner asks for to its shard. The next operation does not wait for the
/// disk. See Engine::Command. Engine's thread.
class CommandOperation final : public Operation {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  /// `order`: its place is filled in. `state` outlives it.
  CommandOperation(EngineState& state, delivery::LaneOrder order, Done done)
      : state_(state), order_(std::move(order)), done_(std::move(done)) {}

  void Begin(absl::AnyInvocable<void()> end) override;
  void Cancel() override;

 private:
  EngineState& state_;
  delivery::LaneOrder order_;
  Done done_;
};

}  // namespace carillon::engine
