#include "carillon/schema/event_type.h"

#include <algorithm>

namespace carillon::schema {
namespace {

bool SameMessage(const MessageTypePtr& a, const MessageTypePtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->digest() == b->digest() && a->descriptor().full_name() == b->descriptor().full_name();
}

bool SameJson(const JsonSchemaPtr& a, const JsonSchemaPtr& b) {
  return a == nullptr || b == nullptr ? a == b : a->text() == b->text();
}

std::string_view NameOf(const EventTypePtr& type) { return type->name; }

}  // namespace

bool operator==(const EventType& a, const EventType& b) {
  return a.name == b.name && a.display_name == b.display_name && a.description == b.description &&
         a.documentation_url == b.documentation_url && a.tags == b.tags &&
         a.validation == b.validation && a.archived == b.archived && a.sample == b.sample &&
         a.sample_generated == b.sample_generated && SameMessage(a.message, b.message) &&
         SameJson(a.json, b.json);
}

EventTypePtr FindEventType(const EventTypes& types, std::string_view name) {
  const auto found = std::ranges::lower_bound(types, name, {}, &NameOf);
  return found != types.end() && (*found)->name == name ? *found : nullptr;
}

std::optional<Problem> CheckJson(const EventType& type, std::string_view json) {
  if (type.message != nullptr) return CheckMessageJson(*type.message, json);
  if (type.json != nullptr) return type.json->Check(json);
  return std::nullopt;
}

}  // namespace carillon::schema
