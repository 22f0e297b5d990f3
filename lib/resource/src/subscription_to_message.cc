#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "carillon/resource/name.h"
#include "carillon/resource/to_message.h"

namespace carillon::resource {
namespace {

using model::Filter;

v1::Scalar ToScalar(const model::Scalar& from) {
  v1::Scalar to;
  if (const auto* text = std::get_if<std::string>(&from)) {
    to.set_string_value(*text);
  } else if (const auto* truth = std::get_if<bool>(&from)) {
    to.set_bool_value(*truth);
  } else {
    const auto& number = std::get<json::Number>(from);
    to.set_number(number.digits.empty() ? "0"
                                        : absl::StrCat(number.negative ? "-" : "", number.digits,
                                                       "e", number.exponent));
  }
  return to;
}

void SetTest(const Filter& from, v1::Filter& to) {
  if (from.subject == Filter::Subject::kAttribute) {
    to.set_attribute(from.path.front());
  } else {
    for (const std::string& name : from.path) to.add_payload_path(name);
  }
  switch (from.test) {
    case Filter::Test::kExists:
    case Filter::Test::kAbsent:
      return to.set_exists(from.test == Filter::Test::kExists);
    case Filter::Test::kPrefix:
      return to.set_prefix(std::get<std::string>(from.values.front()));
    case Filter::Test::kEquals:
      *to.mutable_equals() = ToScalar(from.values.front());
      return;
    case Filter::Test::kOneOf:
      for (const model::Scalar& value : from.values) *to.add_one_of() = ToScalar(value);
  }
}

void SetFilter(const Filter& from, v1::Filter& to) {
  switch (from.kind) {
    case Filter::Kind::kTrue:
      return;
    case Filter::Kind::kAll:
      for (const Filter& child : from.children) SetFilter(child, *to.add_all());
      return;
    case Filter::Kind::kAny:
      for (const Filter& child : from.children) SetFilter(child, *to.add_any());
      return;
    case Filter::Kind::kNot:
      return SetFilter(from.children.front(), *to.mutable_not_());
    case Filter::Kind::kTest:
      return SetTest(from, to);
  }
}

}  // namespace

v1::Subscription ToMessage(const model::Subscription& from) {
  v1::Subscription to;
  to.set_name(MakeName(from.tenant, kSubscriptions, from.name));
  to.set_display_name(from.display_name);
  to.set_description(from.description);
  to.mutable_labels()->insert(from.labels.begin(), from.labels.end());
  to.mutable_annotations()->insert(from.annotations.begin(), from.annotations.end());
  to.set_disabled(from.disabled);
  for (const std::string& type : from.types) to.add_types(type);
  for (const std::string& name : from.destinations) {
    to.add_destinations(MakeName(from.tenant, kDestinations, name));
  }
  if (from.filter.kind != Filter::Kind::kTrue) SetFilter(from.filter, *to.mutable_filter());
  return to;
}

}  // namespace carillon::resource
