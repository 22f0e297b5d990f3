#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "carillon/base/text.h"
#include "member_list.h"
#include "subschema.h"

namespace carillon::schema {
namespace {

using Schemas = std::vector<const Subschema*>;

/// Schemas that are looked at for one event type; those beyond are left out.
constexpr size_t kMaxLookedAt = 20'000;

/// Those of the bits that are of one kind; several or none: any.
MemberKind KindOfTypes(uint8_t types) {
  switch (types & ~kNullBit) {
    case kStringBit:
      return MemberKind::kText;
    case kNumberBit:
    case kIntegerBit:
    case kNumberBit | kIntegerBit:
      return MemberKind::kNumber;
    case kBooleanBit:
      return MemberKind::kBoolean;
    case kObjectBit:
      return MemberKind::kObject;
    case kArrayBit:
      return MemberKind::kList;
    default:
      return MemberKind::kAny;
  }
}

class SchemaMembers {
 public:
  explicit SchemaMembers(MemberList& to) : to_(to) {}

  /// What `schemas` say of the value that `names` lead to: its members, and theirs.
  void Visit(const Schemas& schemas) {
    if (names_.size() >= kMaxMemberDepth) return;
    std::vector<std::pair<std::string, Schemas>> properties;
    for (const Subschema* schema : schemas) AddProperties(*schema, properties);
    for (auto& [name, of_name] : properties) {
      names_.push_back(name);
      const Schemas all = InPlace(of_name);
      if (PayloadMember* const found = to_.Add(names_)) {
        Describe(all, *found);
        Visit(all);
      }
      names_.pop_back();
    }
  }

  /// Those that say something of the same value: they, what they refer to, and all alternatives.
  Schemas InPlace(const Schemas& schemas) {
    Schemas found;
    absl::flat_hash_set<const Subschema*> seen;
    for (const Subschema* schema : schemas) Collect(*schema, seen, found);
    return found;
  }

 private:
  void Collect(const Subschema& schema, absl::flat_hash_set<const Subschema*>& seen,
               Schemas& found) {
    if (schema.never || looked_at_ >= kMaxLookedAt || !seen.insert(&schema).second) return;
    ++looked_at_;
    found.push_back(&schema);
    if (schema.ref != nullptr) Collect(*schema.ref, seen, found);
    for (const auto* list : {&schema.all_of, &schema.any_of, &schema.one_of}) {
      for (const Subschema* one : *list) Collect(*one, seen, found);
    }
    for (const Subschema* one : {schema.consequence, schema.alternative}) {
      if (one != nullptr) Collect(*one, seen, found);
    }
    for (const auto& [name, one] : schema.dependent_schemas) Collect(*one, seen, found);
  }

  static void AddProperties(const Subschema& schema,
                            std::vector<std::pair<std::string, Schemas>>& to) {
    for (const std::string& name : schema.property_order) {
      const Subschema* const property = schema.properties.find(name)->second;
      if (property->never) continue;
      const auto known = std::ranges::find(to, name, &std::pair<std::string, Schemas>::first);
      if (known != to.end()) {
        known->second.push_back(property);
      } else {
        to.emplace_back(name, Schemas{property});
      }
    }
  }

  static void Describe(const Schemas& schemas, PayloadMember& to) {
    uint8_t types = 0;
    for (const Subschema* schema : schemas) {
      types = static_cast<uint8_t>(types | schema->types);
      if (to.description.empty()) {
        to.description = base::Printable(schema->description, kMaxMemberDescriptionBytes);
      }
      for (const std::string& value : schema->values) AddValue(value, to);
    }
    if (to.kind == MemberKind::kAny) to.kind = KindOfTypes(types);
    if (types == 0) Guess(schemas, to);
  }

  static void AddValue(const std::string& value, PayloadMember& to) {
    const bool has_room =
        to.values.size() < kMaxMemberValues && value.size() <= kMaxMemberValueBytes;
    if (has_room && std::ranges::find(to.values, value) == to.values.end()) {
      to.values.push_back(value);
    }
  }

  /// Where no type is said.
  static void Guess(const Schemas& schemas, PayloadMember& to) {
    if (to.kind != MemberKind::kAny) return;
    for (const Subschema* schema : schemas) {
      if (!schema->properties.empty()) to.kind = MemberKind::kObject;
      if (schema->items != nullptr || !schema->prefix_items.empty()) to.kind = MemberKind::kList;
    }
    if (to.kind == MemberKind::kAny && !to.values.empty()) to.kind = KindOfJson(to.values.front());
  }

  MemberList& to_;
  std::vector<std::string> names_;
  size_t looked_at_ = 0;
};

}  // namespace

void AddSchemaMembers(const JsonSchema& schema, MemberList& to) {
  SchemaMembers members(to);
  members.Visit(members.InPlace({&schema.root()}));
}

}  // namespace carillon::schema
