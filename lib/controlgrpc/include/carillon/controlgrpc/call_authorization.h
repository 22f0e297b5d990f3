#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/control/caller.h"

namespace carillon::controlgrpc {

/// The second half of the decision about a call: whether its caller may ask for this. Of `request`
/// it may clear what only the server sets. Once; it does not wait.
using CheckRequest =
    std::function<absl::StatusOr<control::Caller>(google::protobuf::Message& request)>;

/// The first half: who calls, and whether they may call the method at all, before the call's
/// message is read. `method` is its full name (`carillon.v1.DestinationService/GetDestination`).
/// Both halves come before anything is looked up. Any thread; it does not wait.
using Authorize = std::function<absl::StatusOr<CheckRequest>(std::string_view method,
                                                             const grpc::ServerContextBase& head)>;

}  // namespace carillon::controlgrpc
