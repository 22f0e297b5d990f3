#include "read_subscription.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"
#include "field_rules.h"
#include "member_rules.h"
#include "read_filter.h"
#include "read_labels.h"

namespace carillon::resource {
namespace {

/// Reads the names of its destinations, whole or their last part; `path` is the list's.
void ReadDestinations(const v1::Subscription& given, const Names& destinations,
                      model::Subscription& subscription, const Path& path, Errors& errors) {
  for (int i = 0; i < given.destinations_size() && !errors.full(); ++i) {
    const Path element = path.At(i);
    const auto parts = ParseName(given.destinations(i), kDestinations);
    if (parts && parts->tenant != subscription.tenant) {
      errors.Add(element, "is a destination of another tenant");
      continue;
    }
    const std::string name(parts ? parts->id : given.destinations(i));
    subscription.destinations.push_back(name);
    if (destinations.Has(subscription.tenant, name)) continue;
    // What is no name may be anything, a secret too: it is not repeated.
    if (!IsDestinationName(name) || subscription.tenant.empty()) {
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
  CheckRules(given, path, errors);
  const NameParts name = ReadName(given.name(), kSubscriptionNames, path.Member("name"), errors);
  to.tenant = name.tenant;
  to.name = name.id;
  to.display_name = given.display_name();
  to.description = given.description();
  to.labels = ReadLabels(given.labels(), path.Member("labels"), errors);
  to.annotations = ReadAnnotations(given.annotations(), path.Member("annotations"), errors);
  to.disabled = given.disabled();
  const Path types = path.Member("types");
  to.types.assign(given.types().begin(), given.types().end());
  for (int i = 0; i < given.types_size() && !errors.full(); ++i) {
    catalog.CheckPattern(given.types(i), types.At(i), errors);
  }
  ReadDestinations(given, destinations, to, path.Member("destinations"), errors);
  if (given.has_filter()) to.filter = ReadFilter(given.filter(), path.Member("filter"), errors);
  return to;
}

}  // namespace carillon::resource
