#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/schema/event_type.h"

namespace carillon::schema {

/// A member that payloads of an event type have, or may have: what a filter can ask about. What is
/// in lists is none, for filters cannot.
struct PayloadMember {
  enum class Kind : uint8_t { kAny, kText, kNumber, kBoolean, kObject, kList };
  std::vector<std::string> names;  ///< that lead to it from the payload on
  Kind kind = Kind::kAny;
  std::string sample;       ///< JSON, what the sample has there; empty: nothing, or too long
  std::string description;  ///< the schema's words for it, cut
  std::vector<std::string> values;  ///< JSON, those that the schema names, in its order
};

// Bounds of what is found.
inline constexpr size_t kMaxMembers = 1000;          ///< of one event type
inline constexpr size_t kMaxMemberDepth = 8;         ///< names that lead to one
inline constexpr size_t kMaxMemberPathBytes = 256;   ///< of all names together, as of filters
inline constexpr size_t kMaxMemberValueBytes = 256;  ///< of a sample, or of a value
inline constexpr size_t kMaxMemberValues = 100;
inline constexpr size_t kMaxMemberDescriptionBytes = 1024;

/// Those of payloads of `type`, by its schema and then by its sample. Each once; one before those
/// that are in it. Pure.
std::vector<PayloadMember> FindMembers(const EventType& type);
/// The same by a payload alone, which is JSON.
std::vector<PayloadMember> FindMembers(std::string_view sample);

}  // namespace carillon::schema
