#include "lookup_queue.h"

#include <utility>

namespace carillon::http {

bool LookupQueue::Add(Item item) {
  if (waiting_ >= bounds_.max_waiting) return false;
  ++waiting_;
  Tenant& tenant = tenants_[item.tenant];
  tenant.hosts.push_back(std::move(item.host));
  Offer(item.tenant, tenant);
  return true;
}

void LookupQueue::Offer(const std::string& name, Tenant& tenant) {
  if (tenant.in_ring || tenant.hosts.empty()) return;
  if (tenant.running >= bounds_.max_running_per_tenant) return;
  tenant.in_ring = true;
  ring_.push_back(name);
}

std::optional<LookupQueue::Item> LookupQueue::Next() {
  if (ring_.empty() || running_ >= bounds_.max_running) return std::nullopt;
  Item item{std::move(ring_.front()), ""};
  ring_.pop_front();
  Tenant& tenant = tenants_.find(item.tenant)->second;
  item.host = std::move(tenant.hosts.front());
  tenant.hosts.pop_front();
  tenant.in_ring = false;
  --waiting_;
  ++tenant.running;
  ++running_;
  Offer(item.tenant, tenant);
  return item;
}

void LookupQueue::End(const std::string& name) {
  const auto at = tenants_.find(name);
  --at->second.running;
  --running_;
  Offer(name, at->second);
  if (at->second.running == 0 && at->second.hosts.empty()) tenants_.erase(at);
}

}  // namespace carillon::http
