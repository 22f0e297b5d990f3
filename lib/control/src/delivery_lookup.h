#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/control/caller.h"
#include "carillon/deliverylog/query.h"

// What methods have in common that ask the delivery log. All functions are pure.
namespace carillon::control {

/// STATE_CONFLICT: there is no delivery log.
absl::Status DeliveryLogIsOff();
/// What the log said, in the API's words.
absl::Status DeliveryLogError(const absl::Status& status);
/// Nullopt: it is no number of the kind that positions and attempts have.
std::optional<uint64_t> ToNumber(const std::string& text);

/// The deliveries that ListDeliveries finds under a parent with a filter, as `caller` sees them.
/// Errors are about these two fields.
absl::StatusOr<deliverylog::Query> DeliveryQuery(const std::string& parent,
                                                 const std::string& filter,
                                                 const Caller& caller = {});

/// The attempts that ListAttempts finds, as `caller` sees them.
absl::StatusOr<deliverylog::Query> AttemptQuery(const std::string& parent,
                                                const std::string& filter, const Caller& caller);

}  // namespace carillon::control
