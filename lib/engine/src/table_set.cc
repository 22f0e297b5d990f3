#include "table_set.h"

#include <utility>

#include "carillon/resource/difference.h"

namespace carillon::engine {
namespace {

using Changes = std::vector<routing::TableChange>;  // by shard

void AddSubscriptions(const resource::Difference& difference, Changes& changes) {
  for (const resource::Difference::Subscriptions& of : difference.subscriptions) {
    std::vector<routing::SubscriptionPtr> now;
    if (of.now != nullptr) {
      for (const auto& subscription : of.now->subscriptions) now.push_back(subscription.value);
    }
    // Each shard tells by them whether anybody asked for operational events.
    for (routing::TableChange& change : changes) {
      change.subscriptions.emplace_back(of.tenant, now);
    }
  }
}

Placement::Change PlanPlaces(const Placement& placement, const resource::Difference& difference) {
  std::vector<Placement::FullName> removed;
  std::vector<Placement::FullName> added;
  for (const auto& [tenant, name] : difference.removed) removed.emplace_back(tenant, name);
  for (const auto& destination : difference.added) {
    added.emplace_back(destination->tenant, destination->name);
  }
  return placement.Plan(std::move(removed), std::move(added));
}

}  // namespace

TableSet::Plan TableSet::MakePlan(resource::SnapshotPtr snapshot) const {
  const resource::Difference difference = resource::Compare(*snapshot_, *snapshot);
  Plan plan;
  plan.compared = difference.compared;
  plan.placement = PlanPlaces(placement_, difference);
  Changes changes(tables_.size());
  const auto put = [&changes](const Placement::Assignment& assignment,
                              routing::DestinationPtr destination) {
    changes[assignment.shard].places.emplace_back(assignment.place, std::move(destination));
  };
  for (const auto& [name, assignment] : plan.placement.removed) put(assignment, nullptr);
  for (const auto& destination : difference.changed) {
    put(*placement_.Find({destination->tenant, destination->name}), destination);
  }
  for (size_t i = 0; i < difference.added.size(); ++i) {
    put(plan.placement.added[i].second, difference.added[i]);
  }
  AddSubscriptions(difference, changes);
  if (difference.types) {
    for (routing::TableChange& change : changes) change.types = *snapshot->types;
  }
  for (size_t i = 0; i < tables_.size(); ++i) {
    Plan::OfShard& shard = plan.shards.emplace_back();
    shard.changed = !changes[i].empty();
    shard.table = shard.changed ? tables_[i]->With(changes[i]) : tables_[i];
    for (const auto& [place, destination] : changes[i].places) shard.places.push_back(place);
  }
  plan.snapshot = std::move(snapshot);
  return plan;
}

void TableSet::Take(Plan plan) {
  placement_.Commit(std::move(plan.placement));
  for (size_t i = 0; i < tables_.size(); ++i) tables_[i] = std::move(plan.shards[i].table);
  snapshot_ = std::move(plan.snapshot);
}

}  // namespace carillon::engine
