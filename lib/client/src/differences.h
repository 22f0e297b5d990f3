#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "carillon/client/apply.h"

namespace carillon::client {

/// What is different at these paths, as YAML. Secrets have to be marked.
std::vector<Difference> DifferencesAt(const std::vector<std::string>& paths,
                                      const google::protobuf::Message& before,
                                      const google::protobuf::Message& after);

}  // namespace carillon::client
