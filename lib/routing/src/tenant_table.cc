#include "tenant_table.h"

#include <algorithm>

#include "carillon/model/operational.h"

namespace carillon::routing {

TenantTable::TenantTable(std::vector<Named> destinations,
                         std::vector<SubscriptionPtr> subscriptions,
                         std::span<const std::string> types, size_t budget)
    : subscriptions_(std::move(subscriptions)) {
  std::ranges::sort(destinations);
  for (const SubscriptionPtr& subscription : subscriptions_) Add(*subscription, destinations);
  const size_t before = budget;
  routes_.Resolve(types, budget);
  cost_ = before - budget;
  places_.reserve(destinations.size());
  for (const auto& [name, place] : destinations) places_.push_back(place);
  std::ranges::sort(places_);
}

void TenantTable::Add(const model::Subscription& subscription,
                      std::span<const Named> destinations) {
  if (subscription.disabled) return;
  uint32_t filter = kNoFilter;
  if (subscription.filter.kind != model::Filter::Kind::kTrue) {
    filter = static_cast<uint32_t>(filters_.size());
    filters_.push_back(&subscription.filter);
  }
  for (const std::string_view type : model::kOperationalTypes) {
    const std::string group = std::string(type.substr(0, type.find('.'))) + ".*";
    const bool wanted = std::ranges::any_of(subscription.types, [&](const std::string& pattern) {
      return pattern == type || pattern == group;
    });
    if (wanted && !IsSubscribed(type)) operational_.push_back(type);
  }
  for (const std::string& name : subscription.destinations) {
    const auto found = std::ranges::lower_bound(destinations, std::string_view(name), {},
                                                [](const Named& named) { return named.first; });
    if (found == destinations.end() || found->first != name) continue;
    for (const std::string& type : subscription.types) routes_.Add(type, {found->second, filter});
  }
}

bool TenantTable::IsSubscribed(std::string_view type) const {
  return std::ranges::find(operational_, type) != operational_.end();
}

}  // namespace carillon::routing
