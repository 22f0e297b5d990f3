#include "carillon/routing/explanation.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "carillon/model/operational.h"
#include "event_view.h"
#include "filter.h"

namespace carillon::routing {
namespace {

using model::Filter;

bool IsOfType(std::string_view pattern, std::string_view type) {
  if (pattern == "*") return !model::IsOperational(type);
  if (!pattern.ends_with(".*")) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

const char* NameOf(Filter::Test test) {
  switch (test) {
    case Filter::Test::kEquals:
      return "equals";
    case Filter::Test::kOneOf:
      return "one_of";
    case Filter::Test::kPrefix:
      return "prefix";
    case Filter::Test::kExists:
    case Filter::Test::kAbsent:
      return "exists";
  }
  return "";
}

std::string Cut(std::string_view text) {
  size_t end = std::min(text.size(), kMaxFoundBytes);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;  // within a character
  }
  return std::string(text.substr(0, end));
}

std::string FoundBy(const Filter& test, EventView& event) {
  if (test.path.empty()) return "";
  if (test.subject == Filter::Subject::kAttribute) {
    return Cut(event.Attribute(test.path.front()).value_or(""));
  }
  json::Document::Member* const member = event.payload().Find(test.path);
  if (member == nullptr) return "";
  return Cut(event.payload().String(*member).value_or(member->raw));
}

/// Of a filter that does not hold: `path` leads to it.
Explanation FirstFailure(const Filter& filter, EventView& event, std::string path) {
  switch (filter.kind) {
    case Filter::Kind::kTrue:
      break;  // it holds, so the payload could not be read
    case Filter::Kind::kAll:
      for (size_t i = 0; i < filter.children.size(); ++i) {
        if (Holds(filter.children[i], event)) continue;
        return FirstFailure(filter.children[i], event, path + ".all[" + std::to_string(i) + "]");
      }
      break;
    case Filter::Kind::kAny:
      path += ".any";
      break;
    case Filter::Kind::kNot:
      path += ".not";
      break;
    case Filter::Kind::kTest:
      return {.condition = path + "." + NameOf(filter.test), .found = FoundBy(filter, event)};
  }
  return {.condition = std::move(path)};
}

}  // namespace

Explanation Explain(const model::Subscription& subscription, const model::Event& event) {
  if (subscription.disabled) return {.condition = "disabled"};
  const bool wanted = std::ranges::any_of(subscription.types, [&](const std::string& pattern) {
    return IsOfType(pattern, event.type());
  });
  if (!wanted) return {.condition = "types", .found = Cut(event.type())};
  EventView view(event);
  if (Holds(subscription.filter, view)) return {.matched = true};
  return FirstFailure(subscription.filter, view, "filter");
}

}  // namespace carillon::routing
