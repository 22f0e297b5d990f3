#pragma once

#include <google/protobuf/message.h>

#include "carillon/resource/path.h"
#include "yaml_tree.h"

namespace carillon::config {

/// Fills `message` from a YAML mapping, by the message's descriptor: so the schema of the file is
/// the .proto. Null members are left out. Checks names, repetitions and types, not bounds.
void FromYaml(const YamlNode& node, google::protobuf::Message& message, const resource::Path& path,
              resource::Errors& errors);

}  // namespace carillon::config
