#include "carillon/resource/read_one.h"

#include "carillon/resource/name.h"
#include "catalog.h"
#include "check_urls.h"
#include "names.h"
#include "read_destination.h"
#include "read_subscription.h"
#include "read_tenant.h"

namespace carillon::resource {

model::Destination ReadOne(const v1::Destination& given, const Around& around, const Path& path,
                           Errors& errors) {
  model::Destination to = ReadDestination(given, path, errors);
  if (around.rules != nullptr) CheckUrls(to, *around.rules, path, errors);
  return to;
}

model::Subscription ReadOne(const v1::Subscription& given, const Around& around, const Path& path,
                            Errors& errors) {
  const auto name = ParseName(given.name(), kSubscriptions);
  const std::string tenant = name ? std::string(name->tenant) : "default";
  const Path root;
  Names names("destinations");
  if (around.destinations != nullptr) {
    for (const std::string& id : *around.destinations) names.Add(tenant, id, 0, root, errors);
  } else {
    for (const std::string& destination : given.destinations()) {
      const auto parts = ParseName(destination, kDestinations);
      const std::string id(parts ? parts->id : std::string_view(destination));
      if (!names.Has(tenant, id)) names.Add(tenant, id, 0, root, errors);
    }
  }
  return ReadSubscription(given, names, Catalog(around.types), path, errors);
}

model::Tenant ReadOne(const v1::Tenant& given, const Path& path, Errors& errors) {
  return ReadTenant(given, path, errors);
}

}  // namespace carillon::resource
