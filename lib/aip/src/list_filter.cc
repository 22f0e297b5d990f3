#include "carillon/aip/list_filter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "filter_node.h"
#include "filter_parser.h"

namespace carillon::aip {
namespace {

using google::protobuf::Message;

bool StartsWith(const Value& value, const Value& beginning) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->starts_with(std::get<std::string>(beginning));
}

/// Whether a value counts as there: a field without presence that is 0 or empty does not.
bool IsThere(const FieldPath& path, const Value& value) {
  if (path.is_repeated() || path.key() || path.leaf().has_presence()) return true;
  return std::visit([](const auto& v) { return v != std::decay_t<decltype(v)>(); }, value);
}

bool Test(const Restriction& restriction, const Value& value) {
  using Op = Restriction::Op;
  const auto equals = [&] {
    return restriction.prefix ? StartsWith(value, restriction.value) : value == restriction.value;
  };
  switch (restriction.op) {
    case Op::kEqual:
      return equals();
    case Op::kNotEqual:
      return !equals();
    case Op::kLess:
      return value < restriction.value;
    case Op::kLessEqual:
      return value <= restriction.value;
    case Op::kGreater:
      return value > restriction.value;
    case Op::kGreaterEqual:
      return value >= restriction.value;
    case Op::kHas:
      return equals();
    case Op::kPresent:
      return IsThere(restriction.path, value);
  }
  return false;
}

bool Holds(const Restriction& restriction, const Message& message) {
  bool holds = false;
  restriction.path.Visit(message, [&](const Value& value) {
    if (!holds) holds = Test(restriction, value);
  });
  return holds;
}

bool Holds(const FilterNode& node, const Message& message) {
  const auto holds = [&](const FilterNode& child) { return Holds(child, message); };
  switch (node.kind) {
    case FilterNode::Kind::kAnd:
      return std::ranges::all_of(node.children, holds);
    case FilterNode::Kind::kOr:
      return std::ranges::any_of(node.children, holds);
    case FilterNode::Kind::kNot:
      return !holds(node.children.front());
    case FilterNode::Kind::kRestriction:
      return Holds(*node.restriction, message);
  }
  return false;
}

void Collect(const FilterNode& node, std::vector<const Restriction*>& out) {
  if (node.kind == FilterNode::Kind::kRestriction) out.push_back(&*node.restriction);
  if (node.kind != FilterNode::Kind::kAnd) return;
  for (const FilterNode& child : node.children) Collect(child, out);
}

}  // namespace

absl::StatusOr<Filter> Filter::Parse(std::string_view text, const FilterFields& fields) {
  const std::string_view bare = base::ToStd(absl::StripAsciiWhitespace(base::ToAbsl(text)));
  Filter filter;
  if (bare.empty() && fields.all) {
    return BadField("filter", "REQUIRED", "must say which are meant; * stands for all");
  }
  if (bare.empty() || (bare == "*" && fields.all)) return filter;
  absl::StatusOr<FilterNode> root = FilterParser(text, fields).Parse();
  if (!root.ok()) return root.status();
  filter.root_ = std::make_shared<const FilterNode>(*std::move(root));
  return filter;
}

bool Filter::Matches(const Message& message) const {
  return root_ == nullptr || Holds(*root_, message);
}

std::vector<const Restriction*> Filter::Required() const {
  std::vector<const Restriction*> required;
  if (root_ != nullptr) Collect(*root_, required);
  return required;
}

}  // namespace carillon::aip
