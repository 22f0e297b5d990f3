#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace carillon::config {

/// A member of an earlier version's file, and what is written in its place.
struct OldMember {
  std::string_view message;  ///< `Tls`, of carillon.v1
  std::string_view name;
  /// What holds its value now; a dot leads into a member: `tenant_defaults.max_in_flight`.
  std::string_view now;
  bool opposite = false;  ///< a truth value, which is turned round
  /// Of a tenant that becomes a part of the name beside it: `destinations`.
  std::string_view collection = {};
  /// Of one that has no successor: what does its job. `now` is empty then.
  std::string_view instead = {};
};

/// Returns null when no version had such a member in `type`.
const OldMember* FindOldMember(const google::protobuf::Descriptor& type, std::string_view name);

/// `is now disabled, which says the opposite`.
std::string SayWhatItIsNow(const OldMember& old);

}  // namespace carillon::config
