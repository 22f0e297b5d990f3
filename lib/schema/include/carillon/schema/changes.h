#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace carillon::schema {

/// What of a schema has changed so that some who rely on the old one are not served any more:
/// publishers who send payloads of the old, or receivers who read them.
struct BreakingChange {
  std::string subject;      ///< `acme.OrderPaid.total`
  std::string description;  ///< `was removed`
};

/// At most this many are told.
inline constexpr size_t kMaxBreakingChanges = 100;

/// Fields are the same by their numbers. Breaking: one is removed; has another name in JSON,
/// another type, is or is not a list, has or has not presence of its own, or moves into or out of a
/// `oneof`; a new one is required; a value of an enumeration is removed or has another name or
/// number; the message has another name, which publishers send with it. What messages have in them
/// counts as if it were their own.
std::vector<BreakingChange> FindBreaking(const google::protobuf::Descriptor& before,
                                         const google::protobuf::Descriptor& after);

}  // namespace carillon::schema
