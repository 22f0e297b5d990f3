#include "add_shard.h"

#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace carillon::engine {

absl::Status AddShardOperation::Check() const {
  if (state_.place_by != PlaceBy::kName) {
    return absl::FailedPreconditionError("this engine has all shards there are");
  }
  if (shard_ >= state_.shards.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no shard ", shard_, " of ", state_.shards.size()));
  }
  if (state_.Owns(shard_)) {
    return absl::AlreadyExistsError(absl::StrCat("this engine has shard ", shard_));
  }
  return absl::OkStatus();
}

void AddShardOperation::Begin(absl::AnyInvocable<void()> end) {
  end_ = std::move(end);
  if (absl::Status status = Check(); !status.ok()) return End(std::move(status));
  using Taken = absl::StatusOr<store::ShardState>;
  state_.stores.shards.TakeShard(
      shard_, callbacks_.Bind<Taken>([this](Taken taken) { OnTaken(std::move(taken)); }));
}

void AddShardOperation::OnTaken(absl::StatusOr<store::ShardState> taken) {
  if (!taken.ok()) return End(taken.status());
  state_.Begin(shard_, *std::move(taken));
  if (!state_.begun) return End(absl::OkStatus());  // the first snapshot is prepared by all
  const std::shared_ptr<const routing::RoutingTable> table = state_.tables.table(shard_);
  std::vector<uint32_t> places(table->places());
  std::iota(places.begin(), places.end(), 0u);
  delivery().PrepareTable(
      {table, std::move(places)},
      callbacks_.Bind<absl::Status>([this](const absl::Status& status) { OnPrepared(status); }));
}

// While nobody had the shard, destinations may have gone.
void AddShardOperation::OnPrepared(const absl::Status& status) {
  if (!status.ok()) return GiveBack(status);
  Retirement::Names configured;
  state_.tables.snapshot()->ForEachDestination([&](const model::Destination& destination) {
    configured.emplace(destination.tenant, destination.name);
  });
  retirement_.RetireOthers(shard_, std::move(configured),
                           [this](const absl::Status& marked) { OnMarked(marked); });
}

void AddShardOperation::OnMarked(const absl::Status& status) {
  if (!status.ok()) return GiveBack(status);
  delivery().CommitTable(callbacks_.Bind<>([this] {
    state_.logger.Info("a shard was taken", {{"shard", shard_}});
    End(absl::OkStatus());
  }));
}

void AddShardOperation::GiveBack(absl::Status why) {
  delivery().End(callbacks_.Bind<>([this, why = std::move(why)]() mutable {
    state_.Release(shard_);
    End(std::move(why));
  }));
}

void AddShardOperation::Cancel() {
  if (done_ != nullptr) done_(absl::UnavailableError("the service is stopping"));
}

void AddShardOperation::End(absl::Status status) {
  std::exchange(done_, nullptr)(std::move(status));
  end_();
}

}  // namespace carillon::engine
