#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/schema/changes.h"
#include "carillon/schema/json_schema.h"
#include "number_order.h"
#include "schema_refs.h"
#include "subschema.h"

namespace carillon::schema {
namespace {

using Pair = std::pair<const Subschema*, const Subschema*>;

constexpr size_t kMostPairs = 20'000;

const Subschema& Followed(const Subschema& schema) {
  const Subschema* at = &schema;
  while (at->ref != nullptr && at->own.empty() && at->Children().size() == 1) at = at->ref;
  return *at;
}

/// Whether they say the same, remarks aside.
class Sameness {
 public:
  bool Same(const Subschema& a, const Subschema& b) {
    if (!seen_.emplace(&a, &b).second) return true;
    if (seen_.size() > kMostPairs || a.never != b.never || a.own != b.own) return false;
    const auto of_a = a.Children();
    const auto of_b = b.Children();
    return std::ranges::equal(of_a, of_b, [&](const auto& x, const auto& y) {
      return x.first == y.first && Same(*x.second, *y.second);
    });
  }

 private:
  std::set<Pair> seen_;
};

bool AreSame(const Subschema* a, const Subschema* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return Sameness().Same(*a, *b);
}

/// What cannot be compared piece by piece: what combines schemas, and the like.
bool CombineAlike(const Subschema& a, const Subschema& b) {
  const auto of_a = a.InPlace();
  const auto of_b = b.InPlace();
  const auto same = [](const auto& x, const auto& y) {
    return x.first == y.first && AreSame(x.second, y.second);
  };
  return std::ranges::equal(of_a, of_b, same) && AreSame(a.property_names, b.property_names) &&
         AreSame(a.contains, b.contains) && a.min_contains == b.min_contains &&
         a.max_contains == b.max_contains && a.dependent_required == b.dependent_required &&
         std::ranges::equal(
             a.pattern_properties, b.pattern_properties, [](const auto& x, const auto& y) {
               return x.first->pattern() == y.first->pattern() && AreSame(x.second, y.second);
             });
}

/// Every type, where none is said; a number may be an integer.
uint8_t AllTypes(uint8_t types) {
  constexpr uint8_t kEvery = 127;
  if (types == 0) return kEvery;
  return static_cast<uint8_t>((types & kNumberBit) != 0 ? types | kIntegerBit : types);
}

/// Whether a bound that was there is there no more, or is looser; `sign`: 1 for least values.
bool Looser(const std::optional<json::Number>& before, const std::optional<json::Number>& after,
            int sign) {
  if (!before) return false;
  if (!after) return true;
  const json::NumberParts parts{.negative = after->negative,
                                .beyond = false,
                                .head = after->digits,
                                .tail = {},
                                .exponent = after->exponent};
  return sign * Order(parts, *before) < 0;
}

bool LooserLeast(const std::optional<uint64_t>& before, const std::optional<uint64_t>& after) {
  return after.value_or(0) < before.value_or(0);
}
bool LooserMost(const std::optional<uint64_t>& before, const std::optional<uint64_t>& after) {
  return before.has_value() && (!after.has_value() || *after > *before);
}

class SchemaComparison {
 public:
  std::vector<BreakingChange> Run(const Subschema& before, const Subschema& after) {
    Compare(before, after, "");
    return std::move(found_);
  }

 private:
  void Add(const std::string& pointer, std::string what) {
    if (found_.size() < kMaxBreakingChanges) {
      found_.push_back({pointer.empty() ? "/" : base::Printable(pointer, 256), std::move(what)});
    }
  }

  void Compare(const Subschema& given_before, const Subschema& given_after,
               const std::string& pointer) {
    const Subschema& before = Followed(given_before);
    const Subschema& after = Followed(given_after);
    if (!seen_.emplace(&before, &after).second) return;
    if (seen_.size() > kMostPairs) return Add(pointer, "has more in it than can be compared");
    if (before.never != after.never) return Add(pointer, "is allowed, and was not, or the reverse");
    if (!CombineAlike(before, after)) {
      return Add(pointer, "combines schemas in another way, which cannot be compared");
    }
    CompareValues(before, after, pointer);
    CompareCounts(before, after, pointer);
    CompareObjects(before, after, pointer);
    CompareItems(before, after, pointer);
  }

  void CompareValues(const Subschema& before, const Subschema& after, const std::string& pointer) {
    if ((AllTypes(after.types) & ~AllTypes(before.types)) != 0) Add(pointer, "allows more types");
    if (before.constant && after.constant != before.constant) Add(pointer, "has another `const`");
    if (before.has_enumeration && !Lists(before, after))
      Add(pointer, "allows more values than `enum` did");
    if (Looser(before.minimum, after.minimum, 1) ||
        Looser(before.exclusive_minimum, after.exclusive_minimum, 1)) {
      Add(pointer, "allows lower numbers");
    }
    if (Looser(before.maximum, after.maximum, -1) ||
        Looser(before.exclusive_maximum, after.exclusive_maximum, -1)) {
      Add(pointer, "allows greater numbers");
    }
    if (before.multiple_of && !(after.multiple_of == before.multiple_of)) {
      Add(pointer, "has another `multipleOf`");
    }
    if (before.pattern != nullptr && before.pattern_text != after.pattern_text) {
      Add(pointer, "has another `pattern`");
    }
    if (before.format != after.format) Add(pointer, "has another `format`");
  }

  static bool Lists(const Subschema& before, const Subschema& after) {
    const auto known = [&](const std::string& value) { return before.enumeration.contains(value); };
    if (after.constant && known(*after.constant)) return true;
    return after.has_enumeration && std::ranges::all_of(after.enumeration, known);
  }

  void CompareCounts(const Subschema& before, const Subschema& after, const std::string& pointer) {
    if (LooserLeast(before.min_length, after.min_length) ||
        LooserMost(before.max_length, after.max_length)) {
      Add(pointer, "allows shorter or longer texts");
    }
    if (LooserLeast(before.min_items, after.min_items) ||
        LooserMost(before.max_items, after.max_items) ||
        (before.unique_items && !after.unique_items)) {
      Add(pointer, "allows other numbers of items, or the same twice");
    }
    if (LooserLeast(before.min_properties, after.min_properties) ||
        LooserMost(before.max_properties, after.max_properties)) {
      Add(pointer, "allows other numbers of properties");
    }
  }

  void CompareObjects(const Subschema& before, const Subschema& after, const std::string& pointer) {
    const std::set<std::string> required(before.required.begin(), before.required.end());
    const std::set<std::string> requires_now(after.required.begin(), after.required.end());
    for (const auto& [name, schema] : before.properties) {
      const std::string where = absl::StrCat(pointer, "/properties/", EscapePointer(name));
      const auto now = after.properties.find(name);
      if (now == after.properties.end()) {
        Add(where, "was removed");
      } else {
        Compare(*schema, *now->second, where);
      }
    }
    const bool was_closed =
        before.additional_properties != nullptr && !before.additional_properties->IsOpen();
    for (const auto& [name, schema] : after.properties) {
      if (!before.properties.contains(name) && was_closed) {
        Add(absl::StrCat(pointer, "/properties/", EscapePointer(name)),
            "is new, and there could be no others");
      }
    }
    for (const std::string& name : requires_now) {
      if (!required.contains(name))
        Add(pointer, absl::StrCat("requires ", base::Printable(name, 64)));
    }
    for (const std::string& name : required) {
      if (!requires_now.contains(name)) {
        Add(pointer, absl::StrCat("does not require ", base::Printable(name, 64), " any more"));
      }
    }
    CompareOthers(before.additional_properties, after.additional_properties,
                  pointer + "/additionalProperties");
  }

  /// What is not named; null: anything.
  void CompareOthers(const Subschema* before, const Subschema* after, const std::string& pointer) {
    const bool open = before == nullptr || before->IsOpen();
    const bool opens = after == nullptr || after->IsOpen();
    if (open != opens) return Add(pointer, opens ? "allows others" : "allows no others, or fewer");
    if (!open) Compare(*before, *after, pointer);
  }

  void CompareItems(const Subschema& before, const Subschema& after, const std::string& pointer) {
    if (before.prefix_items.size() != after.prefix_items.size()) {
      return Add(pointer + "/prefixItems", "describes another number of items");
    }
    for (size_t i = 0; i < before.prefix_items.size(); ++i) {
      Compare(*before.prefix_items[i], *after.prefix_items[i],
              absl::StrCat(pointer, "/prefixItems/", i));
    }
    if (before.items == nullptr) return;
    if (after.items == nullptr) return Add(pointer + "/items", "was removed");
    Compare(*before.items, *after.items, pointer + "/items");
  }

  std::vector<BreakingChange> found_;
  std::set<Pair> seen_;
};

}  // namespace

std::vector<BreakingChange> FindBreaking(const JsonSchema& before, const JsonSchema& after,
                                         std::string_view sample) {
  std::vector<BreakingChange> found = SchemaComparison().Run(before.root(), after.root());
  if (sample.empty() || before.Check(sample)) return found;
  const auto problem = after.Check(sample);
  if (problem && found.size() < kMaxBreakingChanges) {
    found.push_back({"sample", absl::StrCat("does not fit any more: ", problem->path,
                                            problem->path.empty() ? "" : " ", problem->what)});
  }
  return found;
}

}  // namespace carillon::schema
