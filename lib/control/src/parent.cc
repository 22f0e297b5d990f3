#include "parent.h"

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"

namespace carillon::control {

std::optional<std::vector<std::string>> MatchParent(const aip::NamePattern& pattern,
                                                    const std::string& parent, bool wildcards) {
  if (const auto of = pattern.Parent()) return of->Match(parent, wildcards);
  if (!parent.empty()) return std::nullopt;
  return std::vector<std::string>();
}

absl::Status WrongParent(const aip::NamePattern& pattern) {
  const auto of = pattern.Parent();
  return aip::BadField("parent", "PATTERN",
                       of ? absl::StrCat("must be ", of->ToString()) : "must be left out");
}

}  // namespace carillon::control
