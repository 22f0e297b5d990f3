#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "carillon/resource/path.h"
#include "yaml_tree.h"

namespace carillon::config {

/// How a mapping is read.
struct Reading {
  /// To which resources belong whose names are their last part alone.
  std::string tenant = "default";
  /// What only answers of the API hold is read rather than refused: an answer can be sent back.
  bool takes_answers = false;
};

/// Fills `message` from a YAML mapping, by the message's descriptor: so the schema of the file is
/// the .proto. Null members are left out. Checks names, repetitions and types, not bounds.
void FromYaml(const YamlNode& node, google::protobuf::Message& message, const resource::Path& path,
              resource::Errors& errors, const Reading& how = {});

/// Adds the error of a member `name` that `type` does not have, with the known ones, or with what
/// took its place where an earlier version had it. `path` is that of the message.
void AddUnknownMember(const std::string& name, const google::protobuf::Descriptor& type,
                      const resource::Path& path, resource::Errors& errors);

}  // namespace carillon::config
