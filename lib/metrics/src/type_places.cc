#include "type_places.h"

namespace carillon::metrics {

void TypePlaces::Know(std::span<const std::string> types) {
  const std::lock_guard lock(mutex_);
  size_t wanted = 0;
  for (const std::string& type : types) wanted += places_.contains(type) ? 0 : 1;
  if (places_.size() + wanted > kTypePlaces) return;
  for (const std::string& type : types) places_.try_emplace(type, places_.size());
}

size_t TypePlaces::Find(std::string_view type) {
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(type); found != places_.end()) return found->second;
  if (places_.size() >= kTypePlaces || type == "_other") return kTypePlaces;
  const size_t place = places_.size();
  places_.emplace(type, place);
  return place;
}

std::vector<std::string> TypePlaces::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names(places_.size());
  for (const auto& [name, place] : places_) names[place] = name;
  return names;
}

}  // namespace carillon::metrics
