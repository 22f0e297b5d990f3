#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "carillon/v1/server_service.pb.h"

namespace carillon::control {

/// What the contract says of the members of its messages: types, rules, comments. Immutable,
/// thread-safe.
class TypeDescriptions {
 public:
  /// Reads the contract's comments, which the descriptors in the program do not have.
  TypeDescriptions();

  /// The members of a message by its full name (`carillon.v1.Destination`), and those of messages
  /// within it as far as a path of an update mask reaches: not into lists, maps, what is replaced
  /// as a whole, and messages that contain themselves. FIELD_INVALID: the contract has no such
  /// message.
  absl::StatusOr<v1::DescribeTypeResponse> Describe(const std::string& type) const;

 private:
  absl::flat_hash_map<std::string, std::string>
      comments_;  ///< by full names of messages and members
};

}  // namespace carillon::control
