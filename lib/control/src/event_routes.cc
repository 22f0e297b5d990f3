#include "event_routes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/operations/event_message.h"
#include "carillon/resource/name.h"
#include "carillon/routing/explanation.h"

namespace carillon::control {
namespace {

enum Rank : int { kNone, kOtherType, kFiltered, kDisabled, kMatchesSince, kMatches };

Rank RankOf(const routing::Explanation& told, const model::Subscription& subscription,
            const model::Event& event) {
  if (told.matched) return kMatches;
  if (told.condition == "types") return kOtherType;
  if (told.condition != "disabled") return kFiltered;
  model::Subscription enabled = subscription;
  enabled.disabled = false;
  const routing::Explanation otherwise = routing::Explain(enabled, event);
  if (otherwise.matched) return kDisabled;
  return otherwise.condition == "types" ? kOtherType : kFiltered;
}

}  // namespace

EventRoutes::EventRoutes(Facts facts) : facts_(std::move(facts)) {
  for (const resource::SnapshotPtr& layer : facts_.layers) {
    const auto* const tenant = resource::FindTenant(*layer, facts_.event->tenant());
    if (tenant == nullptr) continue;
    for (const auto& each : tenant->destinations) destinations_[each.value->name];
    for (const auto& each : tenant->subscriptions) subscriptions_.push_back(each.value.get());
  }
  for (const std::string& each : facts_.tried) destinations_[each];
}

bool EventRoutes::Look(size_t count) {
  for (; count > 0 && at_ < subscriptions_.size(); --count) LookAt(*subscriptions_[at_++]);
  return at_ < subscriptions_.size();
}

void EventRoutes::LookAt(const model::Subscription& subscription) {
  const model::Event& event = *facts_.event;
  routing::Explanation told = routing::Explain(subscription, event);
  int rank = RankOf(told, subscription, event);
  const std::string name =
      resource::MakeName(event.tenant(), resource::kSubscriptions, subscription.name);
  if (rank == kMatches && facts_.subscription_changed(name)) rank = kMatchesSince;
  for (const std::string& destination : subscription.destinations) {
    const auto found = destinations_.find(destination);
    if (found == destinations_.end() || found->second.rank >= rank) continue;
    found->second = {rank, &subscription, told.condition, told.found};
  }
}

EventRoutes::Route EventRoutes::MakeRoute(const std::string& destination, const Best& best) const {
  const std::string_view tenant = facts_.event->tenant();
  Route route;
  route.set_destination(resource::MakeName(tenant, resource::kDestinations, destination));
  if (best.subscription != nullptr) {
    route.set_subscription(
        resource::MakeName(tenant, resource::kSubscriptions, best.subscription->name));
    route.set_failed_condition(best.condition);
    route.set_found_value(best.found);
  }
  const bool tried = facts_.tried.contains(destination);
  if (tried) {
    route.set_delivery(absl::StrCat(route.destination(), "/deliveries/", facts_.event->position()));
  }
  route.set_reason(ReasonFor(route, destination, best));
  return route;
}

EventRoutes::Route::Reason EventRoutes::ReasonFor(const Route& route,
                                                  const std::string& destination,
                                                  const Best& best) const {
  const bool tried = facts_.tried.contains(destination);
  const bool replayed = facts_.replayed.contains(destination);
  if (best.rank >= kMatchesSince) {
    const bool since =
        best.rank == kMatchesSince || facts_.destination_is_newer(route.destination());
    if (since && replayed) return Route::REPLAYED;
    return tried || !since ? Route::MATCHED : Route::CHANGED_SINCE;
  }
  if (tried) return replayed ? Route::REPLAYED : Route::CHANGED_SINCE;
  if (best.rank == kDisabled) return Route::SUBSCRIPTION_DISABLED;
  return best.rank == kFiltered ? Route::FILTER_NOT_MET : Route::TYPE_NOT_SUBSCRIBED;
}

v1::ExplainEventResponse EventRoutes::Take() {
  v1::ExplainEventResponse response;
  response.set_event(operations::EventName(*facts_.event));
  const bool all = destinations_.size() <= kMaxRoutes;
  for (const auto& [destination, best] : destinations_) {
    const bool concerned = best.rank >= kMatchesSince || facts_.tried.contains(destination);
    if (!all && !concerned) continue;
    if (static_cast<size_t>(response.routes_size()) >= kMaxRoutes) break;
    *response.add_routes() = MakeRoute(destination, best);
  }
  return response;
}

}  // namespace carillon::control
