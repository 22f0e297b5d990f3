#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/v1/event_type_service.pb.h"

namespace carillon::control {

/// A message that is the schema of an event type.
struct ImportedMessage {
  std::string event_type;  ///< `order.paid`
  std::string message;     ///< `acme.orders.v1.OrderPaid`
  std::string set;         ///< its file with those that it imports, serialized
  std::string field;       ///< of the request, where it is wrong
};

/// Those that the request asks for: messages with the option `carillon.v1.event_type`, and what is
/// mapped, by event type. FIELD_INVALID: the set is none, has no such message, or an event type
/// would have two.
absl::StatusOr<std::vector<ImportedMessage>> FindImported(
    const v1::ImportEventTypesRequest& request);

}  // namespace carillon::control
