#pragma once

#include "carillon/delivery/destination_status.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/v1/destination.pb.h"

// How destinations fare, as messages of the API. All functions are pure.
namespace carillon::control {

v1::DestinationStatus::Reason ReasonOf(model::DisabledReason reason);
/// Sets `state` and `status` of the message.
void SetStatus(const delivery::DestinationStatus& status, v1::Destination& destination);

}  // namespace carillon::control
