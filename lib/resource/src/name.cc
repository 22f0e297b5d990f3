#include "carillon/resource/name.h"

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::resource {
namespace {

constexpr std::string_view kTenants = "tenants/";

/// Takes what stands before the next `/` from the front of `rest`, and the `/`; all of it when
/// there is none.
std::string_view TakeSegment(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest.remove_prefix(slash == rest.npos ? rest.size() : slash + 1);
  return segment;
}

}  // namespace

std::optional<NameParts> ParseName(std::string_view name, std::string_view collection) {
  if (!name.starts_with(kTenants)) return std::nullopt;
  std::string_view rest = name.substr(kTenants.size());
  const std::string_view tenant = TakeSegment(rest);
  if (tenant.empty() || TakeSegment(rest) != collection) return std::nullopt;
  if (rest.empty() || rest.find('/') != rest.npos) return std::nullopt;
  return NameParts{tenant, rest};
}

std::string MakeName(std::string_view tenant, std::string_view collection, std::string_view id) {
  return absl::StrCat(base::ToAbsl(kTenants), base::ToAbsl(tenant), "/", base::ToAbsl(collection),
                      "/", base::ToAbsl(id));
}

}  // namespace carillon::resource
