#pragma once

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "carillon/client/contexts.h"

namespace carillon::client {

/// Reads the secrets that a resource names (`secret: {file: PATH}`, `{env: VARIABLE}`) on this
/// side, as the server would read those of its own file: it takes none of a caller's. Line ends
/// behind them are passed over. INVALID_ARGUMENT names the member; none repeats a secret.
absl::Status ReadLocalSecrets(const Environment& environment, google::protobuf::Message& message);

}  // namespace carillon::client
