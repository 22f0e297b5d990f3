#pragma once

#include <google/protobuf/descriptor.h>

#include <string_view>
#include <vector>

namespace carillon::config {

// Which members of a message a file has, by the message's descriptor.

/// False for what only answers of the API have.
bool IsInput(const google::protobuf::FieldDescriptor& field);

/// The names of those that are input, in order.
std::vector<std::string_view> InputNames(const google::protobuf::Descriptor& type);

/// The member of that name, also as JSON has it (`displayName`); null when there is none.
const google::protobuf::FieldDescriptor* FindMember(const google::protobuf::Descriptor& type,
                                                    std::string_view name);

/// The member that is meant where a list stands in place of a message: its only one, if that is a
/// list. Null for all other messages.
const google::protobuf::FieldDescriptor* MeantByList(const google::protobuf::Descriptor& type);

/// The member that is meant where a plain value stands in place of a message: `value`, if all
/// members exclude each other. Null for all other messages.
const google::protobuf::FieldDescriptor* MeantByScalar(const google::protobuf::Descriptor& type);

/// Whether it is a list of resources, such as `destinations` of the file.
bool HoldsResources(const google::protobuf::FieldDescriptor& field);

/// Whether a secret stands among the members of `type`. What stands in a wrong place there may be
/// the secret.
bool HoldsSecret(const google::protobuf::Descriptor& type);

}  // namespace carillon::config
