#include "await_removals.h"

namespace carillon::engine {

void AwaitRemovalsOperation::Begin(absl::AnyInvocable<void()> end) {
  end_ = std::move(end);
  const std::vector<store::ShardId> owned = state_.Owned();
  left_ = owned.size() + 1;
  for (const store::ShardId shard : owned) {
    state_.shards[shard].delivery->AwaitRemovals(callbacks_.Bind<uint64_t>(
        [this, shard](uint64_t deliveries) { OnCounted(shard, deliveries); }));
  }
  // A late call finds nobody: the operation is over.
  state_.host->PostAt(state_.clock.Mono() + patience_, callbacks_.Bind<>([this] { End(); }));
  OneLess();
}

// Answers that come after the end are counted by the next one who asks.
void AwaitRemovalsOperation::OnCounted(store::ShardId shard, uint64_t deliveries) {
  if (done_ == nullptr) return;
  given_up_.deliveries += deliveries - std::exchange(state_.shards[shard].removed, deliveries);
  OneLess();
}

void AwaitRemovalsOperation::OneLess() {
  if (--left_ > 0) return;
  given_up_.counting = false;
  End();
}

void AwaitRemovalsOperation::End() {
  if (done_ == nullptr) return;
  std::exchange(done_, nullptr)(given_up_);
  if (end_ != nullptr) end_();
}

}  // namespace carillon::engine
