#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::config {

/// Reads resources from any number of YAML or JSON documents. Each is a part of a configuration
/// file that holds resources only (`destinations`, `subscriptions`), the answer of a List, or one
/// resource with its whole name. Short names belong to `tenant`. What only answers hold is read,
/// too. In the order in which they stand. INVALID_ARGUMENT lists up to ten errors, each beginning
/// with the number of its document and the path of the member.
absl::StatusOr<std::vector<std::unique_ptr<google::protobuf::Message>>> ReadResources(
    std::string_view text, const std::string& tenant);

}  // namespace carillon::config
