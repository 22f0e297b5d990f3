#include "names.h"

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "member_rules.h"

namespace carillon::resource {

void Names::Add(const std::string& tenant, const std::string& name, int index, const Path& path,
                Errors& errors) {
  if (name.empty()) return;  // an error of its own
  const auto [first, is_new] = indices_.emplace(std::pair(tenant, name), index);
  if (is_new) return;
  if (!IsLabel(name)) return;  // an error of its own too, which does not repeat it
  errors.Add(path, absl::StrCat("'", name, "' is already the name of ", base::ToAbsl(list_), "[",
                                first->second, "]"));
}

std::vector<std::string_view> Names::Of(const std::string& tenant) const {
  std::vector<std::string_view> names;
  for (const auto& [key, index] : indices_) {
    if (key.first == tenant) names.push_back(key.second);
  }
  return names;
}

}  // namespace carillon::resource
