#include "read_subscription.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "member_rules.h"
#include "read_filter.h"

namespace carillon::resource {
namespace {

constexpr int kMaxTypes = 256;
constexpr int kMaxNamedDestinations = 256;

bool CheckMembers(int count, int max, const Path& path, Errors& errors) {
  if (count >= 1 && count <= max) return true;
  errors.Add(path, absl::StrCat("must be 1 to ", max));
  return false;
}

void CheckDestinations(const model::Subscription& subscription, const Names& destinations,
                       const Path& path, Errors& errors) {
  for (size_t i = 0; i < subscription.destinations.size() && !errors.full(); ++i) {
    const std::string& name = subscription.destinations[i];
    if (destinations.Has(subscription.tenant, name)) continue;
    const Path element = path.At(static_cast<int>(i));
    // What is no name may be anything, a secret too: it is not repeated.
    if (!IsDestinationName(name) || !IsTenant(subscription.tenant)) {
      errors.Add(element, "is the name of no destination of this tenant");
      continue;
    }
    errors.Add(element, absl::StrCat("no destination '", base::Printable(name), "' in tenant '",
                                     base::Printable(subscription.tenant), "'",
                                     base::DidYouMean(name, destinations.Of(subscription.tenant))));
  }
}

}  // namespace

model::Subscription ReadSubscription(const v1::Subscription& given, const Names& destinations,
                                     const Catalog& catalog, const Path& path, Errors& errors) {
  model::Subscription to;
  to.name = given.name();
  if (!IsLabel(to.name)) errors.Add(path.Member("name"), "must be 1-63 characters of [a-z0-9-]");
  to.tenant = ReadTenant(given.tenant(), path.Member("tenant"), errors);
  const Path types = path.Member("types");
  if (CheckMembers(given.types_size(), kMaxTypes, types, errors)) {
    to.types.assign(given.types().begin(), given.types().end());
    for (int i = 0; i < given.types_size() && !errors.full(); ++i) {
      catalog.CheckPattern(given.types(i), types.At(i), errors);
    }
  }
  const Path names = path.Member("destinations");
  if (CheckMembers(given.destinations_size(), kMaxNamedDestinations, names, errors)) {
    to.destinations.assign(given.destinations().begin(), given.destinations().end());
    CheckDestinations(to, destinations, names, errors);
  }
  if (given.has_filter()) to.filter = ReadFilter(given.filter(), path.Member("filter"), errors);
  return to;
}

}  // namespace carillon::resource
