#include "recent_rates.h"

#include <algorithm>
#include <string_view>

#include "carillon/base/text.h"

namespace carillon::statistics {

int64_t RecentRates::SlotAt(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()) / kSlot;
}

void RecentRates::Ring::Add(int64_t number, uint64_t accepted, uint64_t delivered) {
  constexpr auto kCount = static_cast<int64_t>(kSlots + 1);
  Slot& slot = slots[static_cast<size_t>((number % kCount + kCount) % kCount)];
  if (slot.number > number) return;  // it came too late
  if (slot.number < number) slot = {.number = number};
  slot.accepted += accepted;
  slot.delivered += delivered;
  last = std::max(last, number);
}

Rates RecentRates::Ring::At(int64_t now) const {
  uint64_t accepted = 0;
  uint64_t delivered = 0;
  for (const Slot& slot : slots) {
    if (slot.number >= now || slot.number < now - static_cast<int64_t>(kSlots)) continue;
    accepted += slot.accepted;
    delivered += slot.delivered;
  }
  const double seconds = std::chrono::duration<double>(kWindow).count();
  return {.accepted = static_cast<double>(accepted) / seconds,
          .delivered = static_cast<double>(delivered) / seconds};
}

RecentRates::Ring* RecentRates::RingOf(std::string_view tenant, int64_t now) {
  if (const auto found = tenants_.find(base::ToAbsl(tenant)); found != tenants_.end())
    return &found->second;
  if (tenants_.size() >= kMaxTenants && swept_ < now) {
    swept_ = now;
    const int64_t idle = now - static_cast<int64_t>(kSlots);
    absl::erase_if(tenants_, [idle](const auto& each) { return each.second.last < idle; });
  }
  return tenants_.size() < kMaxTenants ? &tenants_[std::string(tenant)] : nullptr;
}

void RecentRates::Add(std::string_view tenant, base::WallTime at, uint64_t accepted,
                      uint64_t delivered) {
  if (accepted == 0 && delivered == 0) return;
  const int64_t number = SlotAt(at);
  const base::MutexLock lock(mutex_);
  all_.Add(number, accepted, delivered);
  if (Ring* const ring = RingOf(tenant, number)) ring->Add(number, accepted, delivered);
}

Rates RecentRates::Of(const std::string& tenant, base::WallTime now) const {
  const int64_t number = SlotAt(now);
  const base::MutexLock lock(mutex_);
  if (tenant.empty()) return all_.At(number);
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? Rates{} : found->second.At(number);
}

}  // namespace carillon::statistics
