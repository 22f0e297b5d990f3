#pragma once

#include <google/protobuf/any.pb.h>

#include <string_view>

#include "absl/status/status.h"
#include "carillon/schema/message_json.h"
#include "payload.h"
#include "place.h"

// Payloads of types that somebody has registered.
namespace carillon::ingest {

/// Encodes an `any` with a message called `name`, which is not built in: it must be the one that is
/// registered for the event's type. INVALID_ARGUMENT.
absl::Status EncodeRegistered(const google::protobuf::Any& any, std::string_view name, Place place,
                              Encoding& encoding);

/// INVALID_ARGUMENT: `events[3].json/order/total: what`.
absl::Status Misfit(const schema::Problem& problem, Place place);

}  // namespace carillon::ingest
