#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "connect_error.h"

namespace carillon::connect {

/// Converts a message of `type` from JSON to binary, replacing the contents of `out`. The JSON is
/// read strictly first (CheckJson). Returns what is wrong, or nullopt. No message is built: memory
/// goes by the length of the text.
std::optional<Error> JsonToBinary(const google::protobuf::Descriptor& type, const std::string& json,
                                  std::string& out);

/// Converts the other way, replacing the contents of `out`, as proto3's JSON mapping has it: names
/// in lowerCamelCase, members with default values left out. `binary` is a message of `type` (a full
/// name); an error when no JSON can be made of it, or there is no such type.
absl::Status BinaryToJson(const std::string& type, const std::string& binary, std::string& out);

/// Reads what protobuf's parser says is wrong: `(events[1].id): invalid value 5 for type ...`.
aip::FieldViolation ReadParserError(const google::protobuf::Descriptor& type,
                                    std::string_view text);

}  // namespace carillon::connect
