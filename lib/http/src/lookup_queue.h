#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace carillon::http {

/// Whose look-up is next: tenants take turns, each gives its oldest. At most so many are under way,
/// in all and for one tenant. Pure. One thread at a time.
class LookupQueue {
 public:
  struct Bounds {
    size_t max_running;
    size_t max_running_per_tenant;
    size_t max_waiting;
  };
  struct Item {
    std::string tenant;
    std::string host;
  };

  explicit LookupQueue(const Bounds& bounds) : bounds_(bounds) {}

  /// False when too many wait.
  bool Add(Item item);
  /// The next one that may run, which then counts as running until `End`.
  std::optional<Item> Next();
  void End(const std::string& tenant);

  size_t running() const { return running_; }

 private:
  struct Tenant {
    std::deque<std::string> hosts;
    size_t running = 0;
    bool in_ring = false;
  };

  void Offer(const std::string& name, Tenant& tenant);

  const Bounds bounds_;
  std::unordered_map<std::string, Tenant> tenants_;  // those with something waiting or running
  std::list<std::string> ring_;  // tenants that have something waiting and may run it
  size_t waiting_ = 0;
  size_t running_ = 0;
};

}  // namespace carillon::http
