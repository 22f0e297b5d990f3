#include "remove_shard.h"

#include "absl/strings/str_cat.h"

namespace carillon::engine {

void RemoveShardOperation::Begin(absl::AnyInvocable<void()> end) {
  end_ = std::move(end);
  const bool owned = state_.Owns(shard_);
  if (!owned || (epoch_ != kAnyEpoch && state_.shards[shard_].epoch != epoch_)) {
    return End(absl::NotFoundError(absl::StrCat("this engine does not have shard ", shard_)));
  }
  state_.shards[shard_].delivery->Drain(grace_, callbacks_.Bind<>([this] { OnDrained(true); }));
  state_.host->PostAt(state_.clock.Mono() + grace_ + kCommitGrace,
                      callbacks_.Bind<>([this] { OnDrained(false); }));
}

void RemoveShardOperation::OnDrained(bool whole) {
  if (std::exchange(drained_, true)) return;
  whole_ = whole;
  state_.shards[shard_].delivery->End(callbacks_.Bind<>([this] { OnEnded(); }));
}

void RemoveShardOperation::OnEnded() {
  state_.Release(shard_);
  if (epoch_ != kAnyEpoch) {
    state_.logger.Warn("a shard was given up: it has another owner", {{"shard", shard_}});
  } else if (whole_) {
    state_.logger.Info("a shard was given back", {{"shard", shard_}});
  } else {
    state_.logger.Warn(
        "a shard was given back before all outcomes were written: its next owner sends those again",
        {{"shard", shard_}});
  }
  End(absl::OkStatus());
}

void RemoveShardOperation::Cancel() {
  if (done_ != nullptr) done_(absl::UnavailableError("the service is stopping"));
}

void RemoveShardOperation::End(absl::Status status) {
  std::exchange(done_, nullptr)(std::move(status));
  end_();
}

}  // namespace carillon::engine
