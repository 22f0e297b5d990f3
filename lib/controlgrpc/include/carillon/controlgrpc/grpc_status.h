#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace carillon::controlgrpc {

/// The error with its details (`grpc-status-details-bin`), as carillon/aip/error.h makes it.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace carillon::controlgrpc
