#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/resource/snapshot.h"

namespace carillon::resource {

/// What is different in a snapshot from the one before it, by (tenant, name, revision).
struct Difference {
  struct Name {
    std::string tenant;
    std::string name;
  };
  std::vector<std::shared_ptr<const model::Destination>> added;
  std::vector<std::shared_ptr<const model::Destination>> changed;
  std::vector<Name> removed;
  /// Tenants with other subscriptions than before; null: it has none any more.
  struct Subscriptions {
    std::string tenant;
    TenantPtr now;
  };
  std::vector<Subscriptions> subscriptions;
  bool types = false;
  size_t compared = 0;  ///< resources that were looked at
};

/// Takes time for the number of tenants (a nanosecond each that is shared) and, of those that are
/// different, of their resources.
Difference Compare(const Snapshot& before, const Snapshot& after);

}  // namespace carillon::resource
