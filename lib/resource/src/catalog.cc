#include "catalog.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "carillon/model/built_in.h"
#include "carillon/resource/read_event_type.h"
#include "member_rules.h"

namespace carillon::resource {
Catalog::Catalog(const google::protobuf::RepeatedPtrField<v1::EventType>& configured,
                 const Path& path, Errors& errors)
    : types_(model::BuiltInTypes()) {
  constexpr int kBuiltIn = -1;
  absl::flat_hash_map<std::string, int> seen;
  for (const std::string& type : types_) seen.emplace(type, kBuiltIn);
  schema::MessageTypes messages;
  for (int i = 0; i < configured.size(); ++i) {
    const Path type_path = path.At(i);
    const Path name_path = type_path.Member("name");
    configured_.push_back(std::make_shared<const schema::EventType>(
        ReadEventType(configured[i], messages, type_path, errors)));
    const std::string& name = configured_.back()->name;
    if (!IsTypeName(name)) continue;  // an error already
    const auto [first, is_new] = seen.emplace(name, i);
    if (is_new) {
      types_.push_back(name);
    } else if (first->second == kBuiltIn) {
      errors.Add(name_path, absl::StrCat("'", name, "' is built in; leave it out"));
    } else {
      errors.Add(name_path,
                 absl::StrCat("'", name, "' is already event_types[", first->second, "]"));
    }
  }
  std::ranges::sort(types_);
  std::ranges::sort(configured_, {}, [](const auto& type) { return std::string_view(type->name); });
}

Catalog::Catalog(const std::vector<std::string>* types) : all_(types == nullptr) {
  if (types != nullptr) types_ = *types;
}

bool Catalog::Has(std::string_view type) const {
  return all_ || std::ranges::binary_search(types_, type);
}

bool Catalog::HasPrefix(std::string_view prefix) const {
  if (all_) return true;
  const auto it = std::ranges::lower_bound(types_, prefix);
  return it != types_.end() && it->starts_with(prefix);
}

void Catalog::CheckPattern(std::string_view pattern, const Path& path, Errors& errors) const {
  if (pattern == "*") return;
  const bool exact = !pattern.ends_with(".*");
  if (!IsTypeName(exact ? pattern : pattern.substr(0, pattern.size() - 2))) {
    errors.Add(path, "must be an event type, such a name followed by '.*', or '*'");
  } else if (exact && !Has(pattern)) {
    const std::vector<std::string_view> known(types_.begin(), types_.end());
    errors.Add(path, absl::StrCat("unknown event type '", base::ToAbsl(pattern),
                                  "'; add it to event_types", base::DidYouMean(pattern, known)));
  } else if (!exact && !HasPrefix(pattern.substr(0, pattern.size() - 1))) {
    errors.Add(path, absl::StrCat("no event type matches '", base::ToAbsl(pattern),
                                  "'; add one to event_types"));
  }
}

}  // namespace carillon::resource
