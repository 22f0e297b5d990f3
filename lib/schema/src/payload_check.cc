#include "payload_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/base/text.h"
#include "carillon/codec/json_writer.h"
#include "carillon/schema/json_schema.h"
#include "number_order.h"

namespace carillon::schema {
namespace {

using Kind = JsonNode::Kind;

re2::StringPiece ToRe2(std::string_view text) { return {text.data(), text.size()}; }

uint8_t BitsOf(const JsonNode& node) {
  switch (node.kind) {
    case Kind::kNull:
      return kNullBit;
    case Kind::kFalse:
    case Kind::kTrue:
      return kBooleanBit;
    case Kind::kNumber: {
      const json::NumberParts parts = json::PartsOf(node.text);
      const bool whole = parts.beyond ? parts.exponent >= 0 : IsWhole(parts);
      return whole ? kNumberBit | kIntegerBit : kNumberBit;
    }
    case Kind::kString:
      return kStringBit;
    case Kind::kArray:
      return kArrayBit;
    case Kind::kObject:
      return kObjectBit;
  }
  return 0;
}

std::string TypesOf(uint8_t bits) {
  static constexpr std::pair<TypeBit, const char*> kNames[] = {
      {kNullBit, "null"},          {kBooleanBit, "boolean"}, {kNumberBit, "a number"},
      {kIntegerBit, "an integer"}, {kStringBit, "a string"}, {kArrayBit, "an array"},
      {kObjectBit, "an object"}};
  std::vector<std::string> names;
  for (const auto& [bit, name] : kNames) {
    if ((bits & bit) != 0) names.emplace_back(name);
  }
  return absl::StrJoin(names, " or ");
}

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

/// Tries schemas on values. Where `problem` is null, nobody asks why.
class PayloadCheck {
 public:
  PayloadCheck(const JsonTree& tree)
      : tree_(tree), steps_left_(kMaxSteps + kStepsOfValue * tree.size()) {}

  std::optional<Problem> Run(const Subschema& schema) {
    Problem problem;
    const bool fits = Fits(schema, 0, &problem);
    if (exhausted_) return Problem{{}, "takes too many steps to check by its schema"};
    if (fits) return std::nullopt;
    return problem;
  }

 private:
  bool Fits(const Subschema& schema, uint32_t at, Problem* problem) {
    if (!Take(schema.weight)) return false;
    const JsonNode& node = tree_[at];
    if (schema.never) return No(problem, "is not allowed");
    if (schema.types != 0 && (schema.types & BitsOf(node)) == 0) {
      return No(problem, absl::StrCat("must be ", TypesOf(schema.types)));
    }
    return FitsValue(schema, at, problem) && FitsKind(schema, at, problem) &&
           FitsInPlace(schema, at, problem) && !exhausted_;
  }

  bool FitsKind(const Subschema& schema, uint32_t at, Problem* problem) {
    switch (tree_[at].kind) {
      case Kind::kNumber:
        return FitsNumber(schema, at, problem);
      case Kind::kString:
        return FitsString(schema, at, problem);
      case Kind::kArray:
        return FitsArray(schema, at, problem);
      case Kind::kObject:
        return FitsObject(schema, at, problem);
      default:
        return true;
    }
  }

  bool FitsValue(const Subschema& schema, uint32_t at, Problem* problem) {
    if (!schema.constant && !schema.has_enumeration) return true;
    if (!Take(tree_[at].next - at)) return false;
    std::string canonical;
    tree_.AppendCanonical(at, canonical);
    if (schema.constant && canonical != *schema.constant) {
      return No(problem, "is not the value that `const` says");
    }
    if (schema.has_enumeration && !schema.enumeration.contains(canonical)) {
      return No(problem, "is none of the values that `enum` lists");
    }
    return true;
  }

  bool FitsNumber(const Subschema& schema, uint32_t at, Problem* problem) {
    const json::NumberParts value = json::PartsOf(tree_[at].text);
    const bool bounded = schema.minimum || schema.maximum || schema.exclusive_minimum ||
                         schema.exclusive_maximum || schema.multiple_of;
    if (!bounded) return true;
    if (value.beyond) return No(problem, "has an exponent that is too large to be compared");
    if (schema.minimum && Order(value, *schema.minimum) < 0)
      return No(problem, "is below `minimum`");
    if (schema.maximum && Order(value, *schema.maximum) > 0)
      return No(problem, "is above `maximum`");
    if (schema.exclusive_minimum && Order(value, *schema.exclusive_minimum) <= 0) {
      return No(problem, "is not above `exclusiveMinimum`");
    }
    if (schema.exclusive_maximum && Order(value, *schema.exclusive_maximum) >= 0) {
      return No(problem, "is not below `exclusiveMaximum`");
    }
    if (schema.multiple_of && !IsMultiple(value, *schema.multiple_of)) {
      return No(problem, "is no multiple of `multipleOf`");
    }
    return true;
  }

  bool FitsString(const Subschema& schema, uint32_t at, Problem* problem) {
    const std::string_view text = tree_[at].text;
    if (schema.min_length || schema.max_length) {
      const size_t length = CodePoints(text);
      if (length < schema.min_length.value_or(0)) return No(problem, "is shorter than `minLength`");
      if (length > schema.max_length.value_or(length)) {
        return No(problem, "is longer than `maxLength`");
      }
    }
    if (schema.pattern == nullptr) return true;
    if (!Take(text.size() / 64)) return false;
    return re2::RE2::PartialMatch(ToRe2(text), *schema.pattern) ||
           No(problem, "does not match `pattern`");
  }

  bool FitsArray(const Subschema& schema, uint32_t at, Problem* problem) {
    const size_t count = tree_[at].count;
    if (count < schema.min_items.value_or(0)) return No(problem, "has fewer than `minItems`");
    if (count > schema.max_items.value_or(count)) return No(problem, "has more than `maxItems`");
    if (schema.unique_items && !IsUnique(at)) return No(problem, "has the same item twice");
    size_t index = 0;
    uint64_t contained = 0;
    bool fits = true;
    tree_.ForEach(at, [&](uint32_t item) {
      if (!fits) return;
      const Subschema* of_item =
          index < schema.prefix_items.size() ? schema.prefix_items[index] : schema.items;
      fits = Take(1) && (of_item == nullptr || Fits(*of_item, item, problem));
      if (!fits) return Under(problem, absl::StrCat(index));
      if (schema.contains != nullptr && Fits(*schema.contains, item, nullptr)) ++contained;
      ++index;
    });
    if (!fits || schema.contains == nullptr) return fits;
    if (contained < schema.min_contains.value_or(1)) {
      return No(problem, "has too few items that `contains` describes");
    }
    return contained <= schema.max_contains.value_or(contained) ||
           No(problem, "has too many items that `contains` describes");
  }

  bool IsUnique(uint32_t at) {
    if (!Take(tree_[at].next - at)) return false;
    absl::flat_hash_set<std::string> seen;
    bool unique = true;
    tree_.ForEach(at, [&](uint32_t item) {
      std::string canonical;
      tree_.AppendCanonical(item, canonical);
      unique = unique && seen.insert(std::move(canonical)).second;
    });
    return unique;
  }

  bool FitsObject(const Subschema& schema, uint32_t at, Problem* problem) {
    const size_t count = tree_[at].count;
    if (count < schema.min_properties.value_or(0)) {
      return No(problem, "has fewer than `minProperties`");
    }
    if (count > schema.max_properties.value_or(count)) {
      return No(problem, "has more than `maxProperties`");
    }
    bool fits = HasRequired(schema, at, problem);
    tree_.ForEach(at, [&](uint32_t member) {
      if (!fits) return;
      fits = Take(1) && FitsMember(schema, member, problem);
      if (!fits) Under(problem, base::Printable(tree_[member].name, 64));
    });
    return fits;
  }

  bool FitsMember(const Subschema& schema, uint32_t member, Problem* problem) {
    const std::string_view name = tree_[member].name;
    if (schema.property_names != nullptr && !FitsName(*schema.property_names, name, problem)) {
      return false;
    }
    bool known = false;
    if (const auto found = schema.properties.find(name); found != schema.properties.end()) {
      known = true;
      if (!Fits(*found->second, member, problem)) return false;
    }
    for (const auto& [pattern, of_match] : schema.pattern_properties) {
      if (!Take(1 + name.size() / 64)) return false;
      if (!re2::RE2::PartialMatch(ToRe2(name), *pattern)) continue;
      known = true;
      if (!Fits(*of_match, member, problem)) return false;
    }
    if (known || schema.additional_properties == nullptr) return true;
    if (schema.additional_properties->never) {
      return No(problem, "is no property that the schema has");
    }
    return Fits(*schema.additional_properties, member, problem);
  }

  /// The name of a member is tried as a value of its own.
  bool FitsName(const Subschema& schema, std::string_view name, Problem* problem) {
    std::string text;
    codec::AppendJsonString(text, name);
    std::optional<json::Error> error;
    const auto tree = JsonTree::Parse(text, error);
    if (!tree) return No(problem, "has a name that is no text");
    PayloadCheck check(*tree);
    check.steps_left_ = steps_left_;
    const bool fits = check.Fits(schema, 0, nullptr);
    steps_left_ = check.steps_left_;
    exhausted_ = exhausted_ || check.exhausted_;
    return fits || No(problem, "has a name that `propertyNames` does not allow");
  }

  bool HasRequired(const Subschema& schema, uint32_t at, Problem* problem) {
    const bool asked = !schema.required.empty() || !schema.dependent_required.empty();
    if (!asked) return true;
    if (!Take(tree_[at].count + schema.required.size())) return false;
    absl::flat_hash_set<std::string_view> names;
    tree_.ForEach(at, [&](uint32_t member) { names.insert(tree_[member].name); });
    const auto has = [&](const std::string& name) {
      return names.contains(name) || No(problem, absl::StrCat("lacks ", base::Printable(name, 64)));
    };
    if (!std::ranges::all_of(schema.required, has)) return false;
    return std::ranges::all_of(schema.dependent_required, [&](const auto& each) {
      return !names.contains(each.first) || std::ranges::all_of(each.second, has);
    });
  }

  bool FitsInPlace(const Subschema& schema, uint32_t at, Problem* problem) {
    if (schema.ref != nullptr && !Fits(*schema.ref, at, problem)) return false;
    for (const Subschema* one : schema.all_of) {
      if (!Fits(*one, at, problem)) return false;
    }
    if (!schema.any_of.empty() && std::ranges::none_of(schema.any_of, [&](const Subschema* one) {
          return Fits(*one, at, nullptr);
        })) {
      return No(problem, "fits none of `anyOf`");
    }
    if (!schema.one_of.empty() && !FitsOne(schema, at, problem)) return false;
    if (schema.negated != nullptr && Fits(*schema.negated, at, nullptr)) {
      return No(problem, "is what `not` excludes");
    }
    if (schema.condition != nullptr && !FitsCondition(schema, at, problem)) return false;
    for (const auto& [name, one] : schema.dependent_schemas) {
      if (!Take(1 + tree_[at].count)) return false;
      const bool there = tree_[at].kind == Kind::kObject && tree_.Member(at, name).has_value();
      if (there && !Fits(*one, at, problem)) return false;
    }
    return true;
  }

  bool FitsOne(const Subschema& schema, uint32_t at, Problem* problem) {
    size_t fitting = 0;
    for (const Subschema* one : schema.one_of) {
      fitting += Fits(*one, at, nullptr) ? 1 : 0;
      if (fitting > 1) return No(problem, "fits more than one of `oneOf`");
    }
    return fitting == 1 || No(problem, "fits none of `oneOf`");
  }

  bool FitsCondition(const Subschema& schema, uint32_t at, Problem* problem) {
    const Subschema* next =
        Fits(*schema.condition, at, nullptr) ? schema.consequence : schema.alternative;
    return next == nullptr || Fits(*next, at, problem);
  }

  bool Take(size_t steps) {
    if (exhausted_ || steps > steps_left_) {
      exhausted_ = true;
      return false;
    }
    steps_left_ -= steps;
    return true;
  }

  static bool No(Problem* problem, std::string what) {
    if (problem != nullptr) *problem = {{}, std::move(what)};
    return false;
  }
  static void Under(Problem* problem, const std::string& member) {
    if (problem != nullptr) problem->path.insert(0, "/" + member);
  }

  const JsonTree& tree_;
  size_t steps_left_;
  bool exhausted_ = false;
};

}  // namespace

std::optional<Problem> CheckTree(const Subschema& schema, const JsonTree& payload) {
  return PayloadCheck(payload).Run(schema);
}

}  // namespace carillon::schema
