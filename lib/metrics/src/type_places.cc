#include "type_places.h"

namespace carillon::metrics {
namespace {

/// A catalog may have a type of this name, which shares its series.
constexpr std::string_view kOtherTypes = "_other";

}  // namespace

bool TypePlaces::Wants(const std::string& type) const {
  return type != kOtherTypes && !places_.contains(type);
}

void TypePlaces::Know(std::span<const std::string> types) {
  const base::MutexLock lock(mutex_);
  size_t wanted = 0;
  for (const std::string& type : types) wanted += Wants(type);
  if (places_.size() + wanted > kTypePlaces) return;
  for (const std::string& type : types) {
    if (Wants(type)) places_.emplace(type, places_.size());
  }
}

size_t TypePlaces::Find(std::string_view type) {
  const base::MutexLock lock(mutex_);
  if (const auto found = places_.find(type); found != places_.end()) return found->second;
  if (places_.size() >= kTypePlaces || type == kOtherTypes) return kTypePlaces;
  const size_t place = places_.size();
  places_.emplace(type, place);
  return place;
}

std::vector<std::string> TypePlaces::names() const {
  const base::MutexLock lock(mutex_);
  std::vector<std::string> names(places_.size());
  for (const auto& [name, place] : places_) names[place] = name;
  return names;
}

}  // namespace carillon::metrics
