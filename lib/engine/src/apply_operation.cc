#include "apply_operation.h"

#include <cstddef>
#include <map>
#include <utility>

namespace carillon::engine {

void ApplyOperation::Begin(absl::AnyInvocable<void()> end) {
  end_ = std::move(end);
  plan_ = state_.tables.MakePlan(snapshot_);
  Prepare();
}

void ApplyOperation::Prepare() {
  std::vector<TableSet::Plan::OfShard*> parts;
  for (const store::ShardId shard : state_.Owned()) {
    if (state_.begun && !plan_.shards[shard].changed) continue;
    changed_.push_back(state_.shards[shard].delivery.get());
    parts.push_back(&plan_.shards[shard]);
  }
  if (changed_.empty()) return MarkOut();
  callbacks_.Gather<absl::Status>(
      changed_.size(),
      [&](size_t i, auto ready) {
        changed_[i]->PrepareTable({parts[i]->table, std::exchange(parts[i]->places, {})},
                                  std::move(ready));
      },
      [this](const std::vector<absl::Status>& each) { OnPrepared(each); });
}

void ApplyOperation::OnPrepared(const std::vector<absl::Status>& each) {
  absl::Status all;
  for (const absl::Status& status : each) all.Update(status);
  if (all.ok()) return MarkOut();
  for (size_t i = 0; i < each.size(); ++i) {
    if (each[i].ok()) changed_[i]->DiscardTable();
  }
  End(std::move(all));
}

void ApplyOperation::MarkOut() {
  auto marked = [this](const absl::Status& status) { OnMarked(status); };
  if (!state_.begun) {
    Retirement::Names configured;
    for (const auto& [name, assignment] : plan_.placement.added) configured.insert(name);
    return retirement_.RetireOthers(std::nullopt, std::move(configured), std::move(marked));
  }
  std::map<store::ShardId, store::OwnedLanes> by_shard;
  for (const auto& [name, assignment] : plan_.placement.removed) {
    if (!state_.Owns(assignment.shard)) continue;
    store::OwnedLanes& out = by_shard[assignment.shard];
    out.shard = assignment.shard;
    out.epoch = state_.shards[assignment.shard].epoch;
    out.names.push_back({name.first, name.second});
  }
  if (by_shard.empty()) return Commit();
  std::vector<store::OwnedLanes> out;
  for (auto& [shard, lanes] : by_shard) out.push_back(std::move(lanes));
  state_.stores.lanes.TakeOut(std::move(out), callbacks_.Bind<absl::Status>(std::move(marked)));
}

void ApplyOperation::OnMarked(const absl::Status& status) {
  if (status.ok()) return Commit();
  for (DeliveryShard* shard : changed_) shard->DiscardTable();
  End(status);
}

void ApplyOperation::Commit() {
  committing_ = true;
  state_.begun = true;
  state_.tables.Take(std::move(plan_));
  state_.all_tables.Set(state_.tables.tables());
  if (snapshot_->settings) state_.set_settings(snapshot_);
  if (changed_.empty()) return End(absl::OkStatus());
  callbacks_.Gather<engine::Done>(
      changed_.size(),
      [this](size_t i, auto answer) {
        changed_[i]->CommitTable([answer = std::move(answer)]() mutable { answer({}); });
      },
      [this](const std::vector<engine::Done>&) { End(absl::OkStatus()); });
}

// What is being committed comes in force, whoever is told of it.
void ApplyOperation::Cancel() {
  if (done_ == nullptr) return;
  done_(committing_ ? absl::OkStatus() : absl::UnavailableError("the service is stopping"));
}

void ApplyOperation::End(absl::Status status) {
  std::exchange(done_, nullptr)(std::move(status));
  end_();
}

}  // namespace carillon::engine
