#include "carillon/web/message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "carillon/base/text.h"

namespace carillon::web {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(base::ToAbsl(a), base::ToAbsl(b));
}

}  // namespace

void Headers::Set(std::string_view name, std::string_view value) {
  std::erase_if(fields_, [name](const Field& field) { return SameName(field.first, name); });
  Add(name, value);
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields_, [name](const Field& f) { return SameName(f.first, name); });
  if (found == fields_.end()) return std::nullopt;
  return found->second;
}

}  // namespace carillon::web
