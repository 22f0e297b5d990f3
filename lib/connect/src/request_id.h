#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <string_view>

#include "connect_error.h"

namespace carillon::connect {

/// Puts `key` into the string `field` of the binary message `message`, if that is empty. An error
/// when it holds something else, or the message is none. No message is built.
std::optional<Error> SetRequestId(const google::protobuf::FieldDescriptor& field,
                                  std::string_view key, std::string& message);

}  // namespace carillon::connect
