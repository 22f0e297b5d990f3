#pragma once

#include "absl/status/status.h"
#include "carillon/control/view.h"
#include "carillon/v1/destination.pb.h"

namespace carillon::control {

/// Whether a caller of the tenant itself may make the destination `after` of `before`, null where
/// it is new. FIELD_FORBIDDEN, with its path: a member becomes true that neither the limits of the
/// tenant nor those that hold for all allow. What is true already may stay so.
absl::Status CheckPermitted(const View& view, const v1::Destination* before,
                            const v1::Destination& after);

}  // namespace carillon::control
