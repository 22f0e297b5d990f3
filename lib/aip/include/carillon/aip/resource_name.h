#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::aip {

/// The form of a kind of resources' names (AIP-122): `tenants/{tenant}/destinations/{destination}`.
/// Immutable.
class NamePattern {
 public:
  static constexpr size_t kMaxNameBytes = 1024;
  static constexpr std::string_view kAny = "-";  ///< in place of an id: all of them (AIP-159)

  explicit NamePattern(std::string_view pattern);
  /// Those of the message's option google.api.resource, as they stand there.
  static std::vector<NamePattern> Of(const google::protobuf::Descriptor& type);

  /// The ids, one for each variable; nullopt: `name` is none of these. An id has 1 to 256 bytes,
  /// printable ASCII without white space and `/`, and is not `-`, `.` or `..`. With `wildcards`
  /// `-` is one, too.
  std::optional<std::vector<std::string>> Match(std::string_view name,
                                                bool wildcards = false) const;
  /// The name with these ids, one for each variable.
  std::string Format(const std::vector<std::string>& ids) const;
  /// The pattern of what these are in: `tenants/{tenant}`; nullopt: of nothing.
  std::optional<NamePattern> Parent() const;
  std::string ToString() const;

 private:
  std::vector<std::string> segments_;  // `{` begins a variable
};

}  // namespace carillon::aip
