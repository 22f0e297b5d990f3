#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "carillon/v1/config_service.pb.h"

namespace carillon::control {

/// Adds what is different at these paths to `change`, as YAML. Without `before` or `after`: all of
/// the other. Secrets are blanked: `***`, and the last characters of long ones.
void AddDifferences(const google::protobuf::Message* before, const google::protobuf::Message* after,
                    const std::vector<std::string>& paths, v1::ApplyConfigResponse::Change& change);

}  // namespace carillon::control
