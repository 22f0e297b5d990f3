#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "carillon/control/key_methods.h"
#include "carillon/control/standard_methods.h"
#include "control_calls.h"

namespace carillon::controlgrpc {

// One for each service; `calls` and `methods` outlive it.
std::unique_ptr<grpc::Service> MakeDestinationFront(ControlCalls& calls, control::Methods& methods);
std::unique_ptr<grpc::Service> MakeKeyFront(ControlCalls& calls, control::KeyMethods& methods);
std::unique_ptr<grpc::Service> MakeSubscriptionFront(ControlCalls& calls,
                                                     control::Methods& methods);

}  // namespace carillon::controlgrpc
