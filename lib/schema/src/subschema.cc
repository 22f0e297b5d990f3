#include "subschema.h"

#include "absl/strings/str_cat.h"

namespace carillon::schema {
namespace {

using Child = Subschema::Child;

void AddOne(const char* keyword, const Subschema* one, std::vector<Child>& to) {
  if (one != nullptr) to.emplace_back(keyword, one);
}

void AddList(const char* keyword, const std::vector<const Subschema*>& list,
             std::vector<Child>& to) {
  for (size_t i = 0; i < list.size(); ++i) to.emplace_back(absl::StrCat(keyword, "/", i), list[i]);
}

}  // namespace

std::vector<Child> Subschema::InPlace() const {
  std::vector<Child> found;
  AddOne("$ref", ref, found);
  AddList("allOf", all_of, found);
  AddList("anyOf", any_of, found);
  AddList("oneOf", one_of, found);
  AddOne("not", negated, found);
  AddOne("if", condition, found);
  AddOne("then", consequence, found);
  AddOne("else", alternative, found);
  for (const auto& [name, one] : dependent_schemas)
    found.emplace_back("dependentSchemas/" + name, one);
  return found;
}

std::vector<Child> Subschema::Children() const {
  std::vector<Child> found = InPlace();
  for (const auto& [name, one] : properties) found.emplace_back("properties/" + name, one);
  for (const auto& [regex, one] : pattern_properties) {
    found.emplace_back("patternProperties/" + regex->pattern(), one);
  }
  AddOne("additionalProperties", additional_properties, found);
  AddOne("propertyNames", property_names, found);
  AddList("prefixItems", prefix_items, found);
  AddOne("items", items, found);
  AddOne("contains", contains, found);
  return found;
}

}  // namespace carillon::schema
