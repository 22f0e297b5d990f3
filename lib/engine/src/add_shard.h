#pragma once

#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine_callbacks.h"
#include "engine_state.h"
#include "operation.h"
#include "retirement.h"

namespace carillon::engine {

/// Takes a shard and serves it, by the snapshot in force. See Engine::AddShard. Engine's thread.
class AddShardOperation final : public Operation {
 public:
  using Tell = absl::AnyInvocable<void(absl::Status)>;

  /// `state` outlives it.
  AddShardOperation(EngineState& state, store::ShardId shard, Tell done)
      : state_(state),
        callbacks_(state.host),
        retirement_(state, callbacks_),
        shard_(shard),
        done_(std::move(done)) {}

  void Begin(absl::AnyInvocable<void()> end) override;
  void Cancel() override;

 private:
  absl::Status Check() const;
  void OnTaken(absl::StatusOr<store::ShardState> taken);
  void OnPrepared(const absl::Status& status);
  void OnMarked(const absl::Status& status);
  /// It cannot be served: gives it back.
  void GiveBack(absl::Status why);
  void End(absl::Status status);
  DeliveryShard& delivery() { return *state_.shards[shard_].delivery; }

  EngineState& state_;
  const EngineCallbacks callbacks_;
  Retirement retirement_;
  const store::ShardId shard_;
  Tell done_;
  absl::AnyInvocable<void()> end_;
};

}  // namespace carillon::engine
