#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "carillon/v1/resource.pb.h"

namespace carillon::resource {

/// Calls `visit` with each secret that is set in a message of carillon.v1, at any depth, and with
/// its path (`keys[1].secret`), until one fails, whose error is returned. What is in maps is left
/// out: no map has secrets in it. A message that is a secret itself is visited with an empty path.
absl::Status VisitSecrets(
    google::protobuf::Message& message,
    const std::function<absl::Status(v1::Secret& secret, const std::string& path)>& visit);

}  // namespace carillon::resource
