#pragma once

#include <google/protobuf/descriptor.pb.h>

#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::schema {

/// Reads a descriptor set within the bounds of message_type.h, which are looked at before protobuf
/// makes an object of anything. Leaves out what payloads do not depend on: comments, options,
/// services, extensions. INVALID_ARGUMENT.
absl::StatusOr<google::protobuf::FileDescriptorSet> ReadSet(std::string_view bytes);

/// The files of `set` that the one which defines `message` needs, itself included, each behind
/// those that it imports. Those of google/protobuf are the server's. NOT_FOUND: no file defines
/// it. INVALID_ARGUMENT: one is missing, or imports itself.
absl::StatusOr<google::protobuf::FileDescriptorSet> FilesFor(
    const google::protobuf::FileDescriptorSet& set, std::string_view message);

}  // namespace carillon::schema
