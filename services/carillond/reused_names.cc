#include "reused_names.h"

#include <cstddef>

#include "carillon/resource/difference.h"

namespace carillon::server {
namespace {

constexpr size_t kMaxReusedLines = 100;

bool IsReused(const resource::TenantPtr& tenant) {
  return tenant != nullptr && tenant->retired != nullptr && !tenant->is_retired();
}

}  // namespace

void WarnOfReusedNames(const resource::Snapshot& before, const resource::Snapshot& now,
                       log::Logger& logger) {
  size_t lines = 0;
  resource::ForEachOtherTenant(
      &before, now, [&](const resource::TenantPtr& was, const resource::TenantPtr& is) {
        if (!IsReused(is) || IsReused(was) || ++lines > kMaxReusedLines) return;
        logger.Warn(
            "a tenant of the configuration file has the name of one that was deleted: it sees what "
            "is kept of that",
            {{"tenant", is->tenant}});
      });
  if (lines > kMaxReusedLines) {
    logger.Warn("more tenants have names of deleted ones", {{"more", lines - kMaxReusedLines}});
  }
}

}  // namespace carillon::server
