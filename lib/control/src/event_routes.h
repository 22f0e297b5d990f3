#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "carillon/model/event.h"
#include "carillon/resource/snapshot.h"
#include "carillon/v1/event_service.pb.h"

namespace carillon::control {

/// Why an event goes, or does not go, to each destination of its tenant.
///
/// Of one call, on one thread at a time. No I/O.
class EventRoutes {
 public:
  static constexpr size_t kMaxRoutes = 10'000;

  struct Facts {
    model::EventPtr event;
    /// What the tenant has: each snapshot that is a layer of it.
    std::vector<resource::SnapshotPtr> layers;
    /// Destinations to whom the event was tried to be delivered.
    std::set<std::string> tried;
    /// Of these, those whose first attempt was by a replay.
    std::set<std::string> replayed;
    /// Whether a resource of that name became what it is after the event was accepted.
    std::function<bool(const std::string& subscription)> subscription_changed;
    std::function<bool(const std::string& destination)> destination_is_newer;
  };
  explicit EventRoutes(Facts facts);

  /// Looks at the next `count` subscriptions. False: that were all.
  bool Look(size_t count);
  /// Once, after all were looked at.
  v1::ExplainEventResponse Take();

 private:
  using Route = v1::ExplainEventResponse::Route;
  /// What is known of a destination so far. The larger the rank, the nearer it is to a delivery.
  struct Best {
    int rank = 0;
    const model::Subscription* subscription = nullptr;
    std::string condition, found;
  };

  void LookAt(const model::Subscription& subscription);
  Route MakeRoute(const std::string& destination, const Best& best) const;
  Route::Reason ReasonFor(const Route& route, const std::string& destination,
                          const Best& best) const;

  const Facts facts_;
  std::vector<const model::Subscription*> subscriptions_;
  std::map<std::string, Best> destinations_;
  size_t at_ = 0;
};

}  // namespace carillon::control
