#pragma once

#include <string>
#include <utility>
#include <vector>

#include "carillon/resource/snapshot.h"

namespace carillon::resource {

/// `t/a`: the destination `a` of the tenant `t`.
inline model::Destination Named(const std::string& full, std::string url = "http://h/") {
  model::Destination destination;
  destination.tenant = full.substr(0, full.find('/'));
  destination.name = full.substr(full.find('/') + 1);
  destination.url = std::move(url);
  return destination;
}

inline model::Subscription ToAll(const std::string& full) {
  return {full.substr(0, full.find('/')), full.substr(full.find('/') + 1), {"*"}, {"a"}, {}};
}

inline SnapshotPtr Make(uint64_t revision, std::vector<model::Destination> destinations,
                        std::vector<model::Subscription> subscriptions = {},
                        const SnapshotPtr& before = nullptr) {
  return MakeSnapshot(revision, {.egress = {}, .max_in_flight = 7}, {"x", "y"},
                      std::move(destinations), std::move(subscriptions), before.get());
}

}  // namespace carillon::resource
