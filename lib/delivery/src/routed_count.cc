#include "routed_count.h"

#include "carillon/base/text.h"

namespace carillon::delivery {
namespace {

/// Types come and go with configurations; those of an old journal need not be known any more.
constexpr size_t kMaxPlaces = 4096;

}  // namespace

size_t RoutedCount::PlaceOf(std::string_view type) {
  const auto found = places_.find(base::ToAbsl(type));
  if (found != places_.end()) return found->second;
  if (places_.size() >= kMaxPlaces) places_.clear();
  return places_.emplace(std::string(type), metrics_.PlaceOfType(type)).first->second;
}

bool RoutedCount::NobodyElseWants(const model::Event& event) {
  const std::shared_ptr<const AllTables::Tables> tables =
      tables_ == nullptr ? nullptr : tables_->Get();
  if (tables == nullptr || tables->size() < 2) return true;
  if (event.position() % tables->size() != shard_) return false;
  for (size_t i = 0; i < tables->size(); ++i) {
    if (i == shard_) continue;
    (*tables)[i]->Match(event, matched_);
    if (!matched_.empty()) return false;
  }
  return true;
}

}  // namespace carillon::delivery
