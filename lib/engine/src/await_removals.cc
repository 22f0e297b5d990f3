#include "await_removals.h"

namespace carillon::engine {

void AwaitRemovalsOperation::Begin(absl::AnyInvocable<void()> end) {
  end_ = std::move(end);
  left_ = state_.threads.size();
  state_.removed.resize(left_);
  for (size_t i = 0; i < state_.threads.size(); ++i) {
    state_.threads[i]->AwaitRemovals(
        callbacks_.Bind<uint64_t>([this, i](uint64_t deliveries) { OnCounted(i, deliveries); }));
  }
  // A late call finds nobody: the operation is over.
  state_.host.PostAt(state_.clock.Mono() + patience_, callbacks_.Bind<>([this] { End(); }));
}

// Answers that come after the end are counted by the next one who asks.
void AwaitRemovalsOperation::OnCounted(size_t which, uint64_t deliveries) {
  if (done_ == nullptr) return;
  given_up_.deliveries += deliveries - std::exchange(state_.removed[which], deliveries);
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
