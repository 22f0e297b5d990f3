#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carillon/model/resource_labels.h"

namespace carillon::model {

/// What a tenant may have and do. nullopt: as the operator's defaults say; in those: no bound.
struct TenantLimits {
  std::optional<uint32_t> max_destinations;
  std::optional<uint32_t> max_subscriptions;
  std::optional<uint32_t> max_in_flight;  ///< attempts at once
  std::optional<double> max_rate;         ///< attempts a second
  std::optional<uint32_t> weight;         ///< its share beside others
  std::optional<double> publish_events_per_second;
  std::optional<uint64_t> publish_bytes_per_second;
  std::optional<uint64_t> max_backlog_bytes;  ///< of what is kept for its destinations together
  // What callers of the tenant itself may set of its destinations. false: as the defaults say.
  bool allow_insecure_skip_verify = false;
  bool allow_unsigned_requests = false;
  friend bool operator==(const TenantLimits&, const TenantLimits&) = default;
};

/// A tenant that somebody has made, validated. A value.
struct Tenant {
  std::string name;  ///< its id: `acme`
  std::string display_name;
  TenantLimits limits;
  bool disabled = false;       ///< nothing is accepted in its name, and nothing sent
  std::string disable_reason;  ///< for people
  Labels labels;
  Labels annotations;
  friend bool operator==(const Tenant&, const Tenant&) = default;
};

}  // namespace carillon::model
