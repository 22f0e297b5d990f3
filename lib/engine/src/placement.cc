#include "placement.h"

#include <algorithm>
#include <utility>

namespace carillon::engine {

std::vector<std::vector<model::Destination>> Placement::Place(
    const std::vector<model::Destination>& destinations, Placement& after) const {
  std::map<FullName, size_t> homes;
  std::vector<size_t> load(threads_, 0);
  for (const model::Destination& d : destinations) {
    const auto known = homes_.find({d.tenant, d.name});
    if (known == homes_.end()) continue;
    homes.insert(*known);
    ++load[known->second];
  }
  std::vector<std::vector<model::Destination>> shards(threads_);
  for (const model::Destination& d : destinations) {
    auto [home, is_new] = homes.try_emplace({d.tenant, d.name}, 0);
    if (is_new) {
      home->second = static_cast<size_t>(std::ranges::min_element(load) - load.begin());
      ++load[home->second];
    }
    shards[home->second].push_back(d);
  }
  for (std::vector<model::Destination>& shard : shards) shard.shrink_to_fit();
  after.threads_ = threads_;
  after.homes_ = std::move(homes);
  return shards;
}

std::vector<Placement::FullName> Placement::NotIn(const Placement& after) const {
  std::vector<FullName> names;
  for (const auto& [name, home] : homes_) {
    if (!after.homes_.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace carillon::engine
