#include "placement.h"

#include <algorithm>

namespace carillon::engine {
namespace {

/// FNV-1a.
uint64_t Mix(uint64_t hash, std::string_view text) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace

// Names have no slash. The high bits of the product stand for the whole hash: names that differ in
// their last letter only are spread, too.
store::ShardId ShardOf(std::string_view tenant, std::string_view name, size_t shards) {
  uint64_t hash = Mix(Mix(Mix(0xcbf29ce484222325, tenant), "/"), name);
  hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
  return static_cast<store::ShardId>((hash >> 32) % shards);
}

const Placement::Assignment* Placement::Find(const FullName& name) const {
  const auto found = assignments_.find(name);
  return found == assignments_.end() ? nullptr : &found->second;
}

Placement::Change Placement::Plan(std::vector<FullName> removed,
                                  std::vector<FullName> added) const {
  struct Plans {
    size_t destinations = 0;
    size_t taken = 0;  ///< of the places that are free
    uint32_t places = 0;
  };
  std::vector<Plans> plans;
  for (const Shard& shard : shards_) plans.push_back({shard.destinations, 0, shard.places});
  Change change;
  for (FullName& name : removed) {
    const Assignment assignment = assignments_.at(name);
    --plans[assignment.shard].destinations;
    change.removed.emplace_back(std::move(name), assignment);
  }
  for (FullName& name : added) {
    const auto fewest = std::ranges::min_element(plans, {}, &Plans::destinations);
    const store::ShardId shard = by_ == PlaceBy::kName
                                     ? ShardOf(name.first, name.second, shards_.size())
                                     : static_cast<store::ShardId>(fewest - plans.begin());
    const std::vector<uint32_t>& free = shards_[shard].free;
    Plans& plan = plans[shard];
    ++plan.destinations;
    const uint32_t place =
        plan.taken < free.size() ? free[free.size() - ++plan.taken] : plan.places++;
    change.added.emplace_back(std::move(name), Assignment{shard, place});
  }
  return change;
}

void Placement::Commit(Change change) {
  for (auto& [name, assignment] : change.added) {
    Shard& shard = shards_[assignment.shard];
    ++shard.destinations;
    if (assignment.place < shard.places) {
      shard.free.pop_back();  // as it was planned
    } else {
      ++shard.places;
    }
    assignments_.emplace(std::move(name), assignment);
  }
  for (const auto& [name, assignment] : change.removed) {
    Shard& shard = shards_[assignment.shard];
    --shard.destinations;
    shard.free.push_back(assignment.place);
    assignments_.erase(name);
  }
}

}  // namespace carillon::engine
