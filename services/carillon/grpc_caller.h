#pragma once

#include <memory>

#include "carillon/client/api_caller.h"
#include "channel.h"

namespace carillon::cli {

/// The error with the details that the server sent, as aip::FromRpc has them.
absl::Status WithDetails(const grpc::Status& status);

/// Calls over a channel, with the details of errors. Used by one thread.
std::unique_ptr<client::Caller> MakeCaller(std::unique_ptr<Channel> channel);

}  // namespace carillon::cli
