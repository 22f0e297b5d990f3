#pragma once

#include "carillon/delivery/destination_status.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {

/// Sets `state` and `status` of the message. Pure.
void SetStatus(const delivery::DestinationStatus& status, v1::Destination& destination);

}  // namespace carillon::control
