#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "carillon/json/number.h"

namespace carillon::schema {

/// What a value may be, as a set.
enum TypeBit : uint8_t {
  kNullBit = 1,
  kBooleanBit = 2,
  kNumberBit = 4,  ///< any number
  kIntegerBit = 8,
  kStringBit = 16,
  kArrayBit = 32,
  kObjectBit = 64,
};

/// A schema or one within it, as it is checked by. Those that it points to are the same
/// JsonSchema's; null: the keyword is not there. Immutable once it is compiled.
struct Subschema {
  using Pattern = std::pair<std::unique_ptr<re2::RE2>, const Subschema*>;

  bool never = false;  ///< the schema `false`
  uint8_t types = 0;   ///< of TypeBit; 0: any
  size_t weight = 1;   ///< steps it takes beside those within it

  std::optional<json::Number> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
  std::optional<uint64_t> min_length, max_length, min_items, max_items, min_properties,
      max_properties, min_contains, max_contains;
  std::unique_ptr<re2::RE2> pattern;
  bool unique_items = false;
  std::optional<std::string> constant;  ///< canonical
  bool has_enumeration = false;
  absl::flat_hash_set<std::string> enumeration;  ///< canonical

  const Subschema* ref = nullptr;
  std::vector<const Subschema*> all_of, any_of, one_of;
  const Subschema* negated = nullptr;
  const Subschema* condition = nullptr;
  const Subschema* consequence = nullptr;
  const Subschema* alternative = nullptr;

  std::map<std::string, const Subschema*, std::less<>> properties;
  std::vector<std::string> property_order;  ///< names, as they are written
  std::vector<Pattern> pattern_properties;
  const Subschema* additional_properties = nullptr;
  const Subschema* property_names = nullptr;
  std::vector<std::string> required;
  std::map<std::string, std::vector<std::string>> dependent_required;
  std::map<std::string, const Subschema*> dependent_schemas;

  std::vector<const Subschema*> prefix_items;
  const Subschema* items = nullptr;
  const Subschema* contains = nullptr;

  std::string own;  ///< canonical: the keywords that have no schemas in them, remarks left out
  std::string pattern_text;
  std::string format;
  std::string example;              ///< JSON: what a sample may have here; empty: nothing is said
  std::string description;          ///< for people; else its title
  std::vector<std::string> values;  ///< JSON: of `enum`, or `const`

  using Child = std::pair<std::string, const Subschema*>;
  /// Those that look at the same value, with the keyword of each.
  std::vector<Child> InPlace() const;
  /// All that are in this one or that it refers to, with where each stands, in a fixed order.
  std::vector<Child> Children() const;
  /// Whether everything fits.
  bool IsOpen() const { return !never && own.empty() && Children().empty(); }
};

}  // namespace carillon::schema
