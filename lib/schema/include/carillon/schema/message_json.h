#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "carillon/schema/message_type.h"

// Payloads that are messages, as JSON. All functions are pure.
namespace carillon::schema {

/// Where in a payload something is wrong, and what: `/order/total`, `must be a whole number`.
struct Problem {
  std::string path;  ///< a JSON pointer from the payload on; empty: all of it
  std::string what;
};

/// Whether fields are taken that the message does not have.
enum class UnknownFields {
  kRefused,
  kLeftOut,  ///< JSON has no place for them
};

/// Appends the message as protobuf's JSON mapping has it, but for these: 64-bit integers are
/// numbers, all of their digits; and members stand in the order of their declaration. What has no
/// presence of its own is always there: numbers and texts as 0, false, "", lists as [], maps as
/// {}. Members of maps stand in the order of their keys. After a problem, what was appended means
/// nothing.
std::optional<Problem> WriteMessage(const google::protobuf::Message& message, UnknownFields unknown,
                                    std::string& out);

/// Whether `json`, a JSON text, is one that protobuf's JSON mapping reads as the message; 64-bit
/// integers may be numbers or texts.
std::optional<Problem> CheckMessageJson(const MessageType& type, std::string_view json);

}  // namespace carillon::schema
