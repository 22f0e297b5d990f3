#include "unsigned_warning.h"

#include <cstddef>
#include <memory>

namespace carillon::server {

void WarnOfUnsigned(const resource::Difference& difference, log::Logger& logger) {
  size_t count = 0;
  std::shared_ptr<const model::Destination> first;
  for (const auto* come : {&difference.added, &difference.changed}) {
    for (const auto& destination : *come) {
      if (!destination->keys.empty() || destination->unsigned_requests) continue;
      if (count++ == 0) first = destination;
    }
  }
  if (count == 0) return;
  logger.Warn(
      "destinations have no keys, so that requests are not signed: give them keys, or say "
      "unsigned_requests: true",
      {{"destinations", count}, {"tenant", first->tenant}, {"destination", first->name}});
}

}  // namespace carillon::server
