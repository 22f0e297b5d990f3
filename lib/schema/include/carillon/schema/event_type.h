#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/schema/json_schema.h"
#include "carillon/schema/message_json.h"
#include "carillon/schema/message_type.h"

namespace carillon::schema {

/// What happens with a payload that does not fit its schema.
enum class Validation : uint8_t {
  kOff,     ///< it is not looked at
  kWarn,    ///< it is counted, and taken
  kRefuse,  ///< it is refused
};

/// An event type that somebody has registered: what the catalog has beside its name. A value,
/// immutable once it is shared.
struct EventType {
  std::string name;  ///< `order.paid`
  std::string display_name;
  std::string description;
  std::string documentation_url;
  std::vector<std::string> tags;
  Validation validation = Validation::kOff;
  bool archived = false;   ///< publishing it is refused
  MessageTypePtr message;  ///< null: no payload of it is a message
  JsonSchemaPtr json;      ///< null: payloads are not described so
  std::string sample;      ///< a payload, JSON; empty: there is none
  bool sample_generated = false;

  friend bool operator==(const EventType& a, const EventType& b);
};
using EventTypePtr = std::shared_ptr<const EventType>;
/// Sorted by name.
using EventTypes = std::vector<EventTypePtr>;

/// The one of that name; null: there is none.
EventTypePtr FindEventType(const EventTypes& types, std::string_view name);

/// Whether payloads that are JSON are looked at.
inline bool ChecksJson(const EventType& type) {
  return type.validation != Validation::kOff && (type.message != nullptr || type.json != nullptr);
}

/// What is wrong with a payload, a JSON text, by the type's schema; nullopt: nothing.
std::optional<Problem> CheckJson(const EventType& type, std::string_view json);

}  // namespace carillon::schema
