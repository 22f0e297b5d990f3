#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string_view>

#include "connect_error.h"

namespace carillon::connect {

/// How deep objects and lists of a request may be nested.
inline constexpr size_t kMaxJsonDepth = 32;

/// What protobuf's parser of JSON lets pass, or says too little about: the text is JSON (RFC 8259,
/// UTF-8, no member twice, nested at most kMaxJsonDepth deep), and of a message of `type` every
/// member is known, each list is a list without null, each number of an enum has a name. Values of
/// other types are left to that parser. An error lists every unknown member, with those that are
/// close to it; or the one place where reading ended.
///
/// A message in an Any is looked into if `@type` is its first member and is known.
std::optional<Error> CheckJson(const google::protobuf::Descriptor& type, std::string_view json);

}  // namespace carillon::connect
