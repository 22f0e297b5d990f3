#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "engine_callbacks.h"
#include "engine_state.h"
#include "operation.h"

namespace carillon::engine {

/// Ends what the engine does for a shard, and gives the shard up: lets what is in flight end within
/// a grace time, cancels the rest, and waits until the outcomes are durable, for kCommitGrace at
/// most. See Engine::RemoveShard. Engine's thread.
class RemoveShardOperation final : public Operation {
 public:
  using Tell = absl::AnyInvocable<void(absl::Status)>;

  /// Of whichever epoch. `state` outlives it.
  RemoveShardOperation(EngineState& state, store::ShardId shard, std::chrono::nanoseconds grace,
                       Tell done)
      : RemoveShardOperation(state, shard, kAnyEpoch, grace, std::move(done)) {}
  /// One that the engine had under this epoch, and was deposed from.
  RemoveShardOperation(EngineState& state, store::ShardId shard, uint64_t deposed_epoch)
      : RemoveShardOperation(state, shard, deposed_epoch, {}, [](const absl::Status&) {}) {}

  void Begin(absl::AnyInvocable<void()> end) override;
  void Cancel() override;

 private:
  static constexpr uint64_t kAnyEpoch = 0;

  RemoveShardOperation(EngineState& state, store::ShardId shard, uint64_t epoch,
                       std::chrono::nanoseconds grace, Tell done)
      : state_(state),
        callbacks_(state.host),
        shard_(shard),
        epoch_(epoch),
        grace_(grace),
        done_(std::move(done)) {}

  /// Once: it was drained, or has taken too long.
  void OnDrained(bool whole);
  void OnEnded();
  void End(absl::Status status);

  EngineState& state_;
  const EngineCallbacks callbacks_;
  const store::ShardId shard_;
  const uint64_t epoch_;
  const std::chrono::nanoseconds grace_;
  Tell done_;
  absl::AnyInvocable<void()> end_;
  bool drained_ = false;
  bool whole_ = false;  // all that it had to tell is durable
};

}  // namespace carillon::engine
