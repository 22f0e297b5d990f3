#pragma once

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "carillon/resource/snapshot.h"
#include "engine_callbacks.h"
#include "engine_state.h"
#include "operation.h"
#include "retirement.h"
#include "table_set.h"

namespace carillon::engine {

/// Puts a snapshot in force on every shard that has a part in what changes, or on none: all
/// prepare, what goes is marked in the store, all commit. See Engine::Apply. Engine's thread.
class ApplyOperation final : public Operation {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  /// `state` outlives it.
  ApplyOperation(EngineState& state, resource::SnapshotPtr snapshot, Done done)
      : state_(state),
        callbacks_(state.host),
        retirement_(state, callbacks_),
        snapshot_(std::move(snapshot)),
        done_(std::move(done)) {}

  void Begin(absl::AnyInvocable<void()> end) override;
  void Cancel() override;

 private:
  void Prepare();
  void OnPrepared(const std::vector<absl::Status>& each);
  /// Marks what is in force and will not be, or, for the first time, whatever else is left in the
  /// store. Nothing of the change is in force yet.
  void MarkOut();
  void OnMarked(const absl::Status& status);
  /// From here on nothing can fail.
  void Commit();
  void End(absl::Status status);

  EngineState& state_;
  const EngineCallbacks callbacks_;
  Retirement retirement_;
  const resource::SnapshotPtr snapshot_;
  Done done_;
  absl::AnyInvocable<void()> end_;
  TableSet::Plan plan_;
  std::vector<DeliveryShard*> changed_;  // the first time all, if only to begin
  bool committing_ = false;
};

}  // namespace carillon::engine
