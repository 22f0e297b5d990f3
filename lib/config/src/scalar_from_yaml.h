#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "carillon/resource/path.h"
#include "carillon/v1/destination.pb.h"
#include "yaml_tree.h"

namespace carillon::config {

/// How a file writes the value of an enum at `index`: `FORMAT_STANDARD` as `standard`, without what
/// the values have in common, if they do.
std::string YamlName(const google::protobuf::EnumDescriptor& type, int index);

/// Sets (or, of a list, adds to) a field that is no message. resource::Errors never repeat the
/// value of a string: it may be a secret.
void ReadScalarField(const YamlNode& node, google::protobuf::Message& message,
                     const google::protobuf::FieldDescriptor& field, const resource::Path& path,
                     resource::Errors& errors);

void ReadDuration(const YamlNode& node, google::protobuf::Duration& duration,
                  const resource::Path& path, resource::Errors& errors);

/// RFC 3339.
void ReadTimestamp(const YamlNode& node, google::protobuf::Timestamp& time,
                   const resource::Path& path, resource::Errors& errors);

/// A JSON scalar: typed when plain, a string when quoted.
void ReadScalar(const YamlNode& node, v1::Scalar& scalar, const resource::Path& path,
                resource::Errors& errors);

}  // namespace carillon::config
