#include "placement.h"

#include <algorithm>

namespace carillon::engine {

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
  for (const Thread& thread : threads_) plans.push_back({thread.destinations, 0, thread.places});
  Change change;
  for (FullName& name : removed) {
    const Assignment assignment = assignments_.at(name);
    --plans[assignment.thread].destinations;
    change.removed.emplace_back(std::move(name), assignment);
  }
  for (FullName& name : added) {
    const auto fewest = std::ranges::min_element(plans, {}, &Plans::destinations);
    const auto thread = static_cast<size_t>(fewest - plans.begin());
    const std::vector<uint32_t>& free = threads_[thread].free;
    ++fewest->destinations;
    const uint32_t place =
        fewest->taken < free.size() ? free[free.size() - ++fewest->taken] : fewest->places++;
    change.added.emplace_back(std::move(name), Assignment{thread, place});
  }
  return change;
}

void Placement::Commit(Change change) {
  for (auto& [name, assignment] : change.added) {
    Thread& thread = threads_[assignment.thread];
    ++thread.destinations;
    if (assignment.place < thread.places) {
      thread.free.pop_back();  // as it was planned
    } else {
      ++thread.places;
    }
    assignments_.emplace(std::move(name), assignment);
  }
  for (const auto& [name, assignment] : change.removed) {
    Thread& thread = threads_[assignment.thread];
    --thread.destinations;
    thread.free.push_back(assignment.place);
    assignments_.erase(name);
  }
}

}  // namespace carillon::engine
