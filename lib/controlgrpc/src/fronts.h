#pragma once

#include "carillon/control/key_methods.h"
#include "carillon/control/standard_methods.h"
#include "carillon/rpc/guest.h"
#include "control_calls.h"

namespace carillon::controlgrpc {

// One for each service; `calls` and `methods` outlive it.
rpc::Guest MakeDestinationFront(ControlCalls& calls, control::Methods& methods);
rpc::Guest MakeKeyFront(ControlCalls& calls, control::KeyMethods& methods);
rpc::Guest MakeSubscriptionFront(ControlCalls& calls, control::Methods& methods);

}  // namespace carillon::controlgrpc
