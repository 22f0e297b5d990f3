// Who owns a shard, and who follows the log.

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "writer.h"

namespace carillon::journal {

absl::Status Writer::Deposed(const Settlement& settlement) {
  return absl::AbortedError(absl::StrCat(
      "shard ", settlement.shard, " has another owner than that of epoch ", settlement.epoch));
}

void Writer::AddConsumer(Consumer* consumer) {
  const base::MutexLock lock(consumers_mutex_);
  consumers_.push_back(consumer);
  consumer->OnJoined(told_to_);
}

void Writer::RemoveConsumer(Consumer* consumer) {
  const base::MutexLock lock(consumers_mutex_);
  std::erase(consumers_, consumer);
}

void Writer::TellConsumers(Events events) {
  const uint64_t last = events.back()->position();
  const base::MutexLock lock(consumers_mutex_);
  const auto batch =
      std::make_shared<const EventBatch>(EventBatch{std::move(events), told_to_ + 1, last});
  told_to_ = last;
  for (Consumer* consumer : consumers_) consumer->OnCommitted(batch);
}

// Until somebody settles for it, a shard stands where the start found all of them.
void Writer::DeclareShards(uint32_t count) {
  std::vector<uint64_t>& watermarks = progress_.shard_watermarks;
  if (count > watermarks.size()) watermarks.resize(count, progress_.state.watermark);
}

absl::StatusOr<Writer::TakenShard> Writer::TakeShard(ShardId shard) {
  if (failed()) return Stopped();
  DeclareShards(shard + 1);
  const std::vector<uint64_t>& watermarks = progress_.shard_watermarks;
  if (shard >= epochs_.size()) epochs_.resize(shard + 1);
  const uint64_t epoch = ++epochs_[shard];
  RefuseDeposed(settling_);
  return TakenShard{epoch, watermarks[shard], progress_};
}

void Writer::ReleaseShard(ShardId shard, uint64_t epoch) {
  if (shard >= epochs_.size() || epochs_[shard] != epoch) return;
  ++epochs_[shard];
  RefuseDeposed(settling_);
}

bool Writer::IsOwner(ShardId shard, uint64_t epoch) const {
  return shard < epochs_.size() && epoch == epochs_[shard];
}

bool Writer::IsOwners(const SettleRequest& request) const {
  return IsOwner(request.settlement.shard, request.settlement.epoch);
}

void Writer::RefuseDeposed(std::vector<SettleRequest>& requests) {
  const auto owned = [this](const SettleRequest& request) { return IsOwners(request); };
  if (std::ranges::all_of(requests, owned)) return;
  std::vector<SettleRequest> owners;
  std::vector<SettleRequest> deposed;
  for (SettleRequest& request : requests) {
    (IsOwners(request) ? owners : deposed).push_back(std::move(request));
  }
  requests = std::move(owners);
  for (SettleRequest& request : deposed) Answer(request, Deposed(request.settlement));
}

}  // namespace carillon::journal
