#include "filter.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::routing {
namespace {

using model::Filter;
using model::Scalar;

/// The text of a scalar; nothing that is compared when it is no string.
const std::string* Text(const Scalar& value) { return std::get_if<std::string>(&value); }

bool HoldsOfAttribute(const Filter& test, const EventView& event) {
  const std::optional<std::string_view> value =
      test.path.empty() ? std::nullopt : event.Attribute(test.path.front());
  const auto equals = [&](const Scalar& wanted) { return Text(wanted) && *Text(wanted) == *value; };
  switch (test.test) {
    case Filter::Test::kExists:
      return value.has_value();
    case Filter::Test::kAbsent:
      return !value.has_value();
    case Filter::Test::kEquals:
    case Filter::Test::kOneOf:
      return value && std::ranges::any_of(test.values, equals);
    case Filter::Test::kPrefix:
      return value && std::ranges::any_of(test.values, [&](const Scalar& prefix) {
               return Text(prefix) && value->starts_with(*Text(prefix));
             });
  }
  return false;
}

bool Equals(const Scalar& wanted, json::Document& payload, json::Document::Member& member) {
  if (const std::string* text = Text(wanted)) return payload.String(member) == *text;
  if (const auto* truth = std::get_if<bool>(&wanted)) {
    return *truth ? json::Document::IsTrue(member) : json::Document::IsFalse(member);
  }
  const json::NumberParts* number = payload.Number(member);
  return number != nullptr && json::Same(std::get<json::Number>(wanted), *number);
}

bool HoldsOfPayload(const Filter& test, EventView& event) {
  json::Document& payload = event.payload();
  json::Document::Member* member = payload.Find(test.path);
  switch (test.test) {
    case Filter::Test::kExists:
      return member != nullptr;
    case Filter::Test::kAbsent:
      return member == nullptr;
    case Filter::Test::kEquals:
    case Filter::Test::kOneOf:
      return member != nullptr && std::ranges::any_of(test.values, [&](const Scalar& value) {
               return Equals(value, payload, *member);
             });
    case Filter::Test::kPrefix: {
      const auto text = member == nullptr ? std::nullopt : payload.String(*member);
      return text && std::ranges::any_of(test.values, [&](const Scalar& prefix) {
               return Text(prefix) && text->starts_with(*Text(prefix));
             });
    }
  }
  return false;
}

bool Evaluate(const Filter& filter, EventView& event) {
  const auto holds = [&](const Filter& child) { return Evaluate(child, event); };
  switch (filter.kind) {
    case Filter::Kind::kTrue:
      return true;
    case Filter::Kind::kAll:
      return std::ranges::all_of(filter.children, holds);
    case Filter::Kind::kAny:
      return std::ranges::any_of(filter.children, holds);
    case Filter::Kind::kNot:
      return std::ranges::none_of(filter.children, holds);
    case Filter::Kind::kTest:
      return filter.subject == Filter::Subject::kAttribute ? HoldsOfAttribute(filter, event)
                                                           : HoldsOfPayload(filter, event);
  }
  return false;
}

}  // namespace

bool Holds(const Filter& filter, EventView& event) {
  return Evaluate(filter, event) && event.readable();
}

}  // namespace carillon::routing
