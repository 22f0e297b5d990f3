#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace carillon::config {

/// Which members are written.
enum class YamlMembers {
  kAll,    ///< what an answer of the API holds
  kInput,  ///< what a file may hold
};

/// `message` as YAML in the form of the configuration file: names of the .proto, short names of
/// enums, durations with units, a plain text for a secret. Ends with a line end; an empty message
/// is
/// `{}`. What is written by kInput `FromYaml` reads as the same message.
std::string ToYaml(const google::protobuf::Message& message,
                   YamlMembers members = YamlMembers::kAll);

/// How a file writes one value of an enum: `FORMAT_ARRAY` as `array`; a number that the enum does
/// not have as the number.
std::string EnumText(const google::protobuf::EnumDescriptor& type, int number);

}  // namespace carillon::config
