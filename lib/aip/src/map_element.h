#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

namespace carillon::aip {

/// The index of the element with that key among those of a map with texts as keys; -1: none.
int FindMapElement(const google::protobuf::Message& message,
                   const google::protobuf::FieldDescriptor& map, const std::string& key);

/// Makes the element of `to` what that of `from` is; removes it where `from` has none.
void CopyMapElement(const google::protobuf::Message& from,
                    const google::protobuf::FieldDescriptor& map, const std::string& key,
                    google::protobuf::Message& to);

}  // namespace carillon::aip
