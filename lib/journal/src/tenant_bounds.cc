#include "carillon/journal/tenant_bounds.h"

#include <algorithm>

namespace carillon::journal {

void TenantBounds::SetDefault(uint64_t bytes) {
  const base::MutexLock lock(mutex_);
  default_ = bytes;
}

void TenantBounds::Set(std::string_view tenant, std::optional<uint64_t> bytes) {
  const base::MutexLock lock(mutex_);
  if (bytes) {
    own_[std::string(tenant)] = *bytes;
  } else {
    own_.erase(std::string(tenant));
  }
}

uint64_t TenantBounds::Of(std::string_view tenant) const {
  const base::MutexLock lock(mutex_);
  const auto own = own_.find(std::string(tenant));
  return own == own_.end() ? default_ : own->second;
}

uint64_t TenantBounds::Lowest() const {
  const base::MutexLock lock(mutex_);
  uint64_t lowest = default_;
  for (const auto& [tenant, bytes] : own_) lowest = std::min(lowest, bytes);
  return lowest;
}

}  // namespace carillon::journal
