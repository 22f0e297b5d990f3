#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carillon::resource {

/// What the name of a tenant's resource is made of: `tenants/acme/destinations/orders`.
struct NameParts {
  std::string_view tenant;
  std::string_view id;
};

inline constexpr std::string_view kDestinations = "destinations";
inline constexpr std::string_view kSubscriptions = "subscriptions";

/// Returns the parts of a name of the `collection`, views into it; nullopt when it is not
/// `tenants/TENANT/COLLECTION/ID`. Whether tenant and id are well-formed is not looked at, but for
/// a
/// `/`, which neither has.
std::optional<NameParts> ParseName(std::string_view name, std::string_view collection);

std::string MakeName(std::string_view tenant, std::string_view collection, std::string_view id);

}  // namespace carillon::resource
