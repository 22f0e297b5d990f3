#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/engine/engine.h"
#include "engine_callbacks.h"
#include "engine_state.h"
#include "operation.h"

namespace carillon::engine {

/// Waits until all is counted that died with what was taken out, or until it took too long. See
/// Engine::AwaitRemovals. Engine's thread.
class AwaitRemovalsOperation final : public Operation {
 public:
  using Done = absl::AnyInvocable<void(Engine::GivenUp)>;

  /// `state` outlives it.
  AwaitRemovalsOperation(EngineState& state, std::chrono::nanoseconds patience, Done done)
      : state_(state), callbacks_(state.host), patience_(patience), done_(std::move(done)) {}

  void Begin(absl::AnyInvocable<void()> end) override;
  void Cancel() override { End(); }

 private:
  void OnCounted(store::ShardId shard, uint64_t deliveries);
  void OneLess();
  void End();

  EngineState& state_;
  const EngineCallbacks callbacks_;
  const std::chrono::nanoseconds patience_;
  Done done_;
  absl::AnyInvocable<void()> end_;
  size_t left_ = 0;  // shards that count, and the asking itself
  Engine::GivenUp given_up_{.deliveries = 0, .counting = true};
};

}  // namespace carillon::engine
