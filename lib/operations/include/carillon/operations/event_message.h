#pragma once

#include <cstddef>
#include <string>

#include "carillon/model/event.h"
#include "carillon/v1/event.pb.h"

// Events of the journal as messages of the API. All functions are pure.
namespace carillon::operations {

/// `tenants/acme/events/order-17@48211`
std::string EventName(const model::Event& event);

/// The event as it was accepted; its payload, as `json`, only if `payload`.
v1::Event ToMessage(const model::Event& event, bool payload);

}  // namespace carillon::operations
