#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace carillon::policy {

template <typename Item>
class FairQueue;

/// Something served in turn, and what it is owed. `self_` is its place in a list, lent to the queue
/// while it waits there, so that coming and going allocates nothing.
template <typename T>
class FairShare {
 public:
  static constexpr int64_t kQuantum = 16 << 10;

  explicit FairShare(T* self) : self_(1, self), place_(self_.begin()) {}
  FairShare(const FairShare&) = delete;
  FairShare& operator=(const FairShare&) = delete;

  bool queued() const { return self_.empty(); }

  void Join(std::list<T*>& turns) { turns.splice(turns.end(), self_); }
  /// Credit is not kept, debt is.
  void Leave(std::list<T*>& turns) {
    self_.splice(self_.end(), turns, place_);
    has_turn_ = false;
    deficit_ = std::min<int64_t>(deficit_, 0);
  }
  void Charge(int64_t bytes) { deficit_ -= bytes; }
  /// At the front of `turns`: whether it may be served; else it goes to the back.
  bool TakeTurn(std::list<T*>& turns) {
    if (!has_turn_) deficit_ += kQuantum;
    has_turn_ = deficit_ > 0;
    if (!has_turn_) turns.splice(turns.end(), turns, place_);
    return has_turn_;
  }

 private:
  std::list<T*> self_;
  typename std::list<T*>::iterator place_;
  int64_t deficit_ = 0;
  bool has_turn_ = false;
};

/// What an `Item` of a `FairQueue<Item>` derives from. Must have left the queue before it dies.
template <typename Item>
class FairItem {
 public:
  FairItem() : share_(this) {}
  ~FairItem() { assert(!share_.queued()); }

 private:
  friend class FairQueue<Item>;
  struct Tenant {
    explicit Tenant(std::string_view the_name) : name(the_name), share(this) {}
    const std::string name;
    FairShare<Tenant> share;
    std::list<FairItem*> turns;
  };

  FairShare<FairItem> share_;
  std::shared_ptr<Tenant> tenant_;  // of its last Add
};

/// Items that have something to send, in such an order that every tenant sends as many bytes as
/// any other that has something to send, and within it every item as many as any other.
///
/// Deficit round robin (Shreedhar and Varghese, "Efficient Fair Queuing using Deficit Round Robin",
/// 1995), once between tenants and once within each. How much an item sends is known only after its
/// turn, so it may overdraw, and then waits until its quanta have paid for that. What has left and
/// comes again owes what it owed. A step takes constant time, and a visit more for each 16 KiB
/// that were overdrawn. Used on one thread.
template <typename Item>
class FairQueue {
 public:
  /// One step costs at least as much: what a request takes besides its body.
  static constexpr size_t kLeastBytes = 512;

  /// Nothing happens when it is there already.
  void Add(Item& item, std::string_view tenant);
  /// Nothing happens when it is not there.
  void Remove(Item& item);
  bool Has(const Item& item) const { return Base(item).share_.queued(); }
  bool empty() const { return turns_.empty(); }
  /// Tenants that have items, and of those that had some a bounded share.
  size_t known_tenants() const { return tenants_.size(); }

  /// Whose turn it is; nullptr: there is nobody. The same until it is charged or removed.
  Item* Next();
  /// `item`, which was the `Next`, sends so much. Before it is removed, if it is.
  void Charge(Item& item, size_t bytes);

 private:
  using Node = FairItem<Item>;
  using Tenant = typename Node::Tenant;

  static Node& Base(Item& item) { return item; }
  static const Node& Base(const Item& item) { return item; }
  std::shared_ptr<Tenant> Find(std::string_view name);

  // Of tenants that have items, whether they wait here or not.
  std::unordered_map<std::string, std::weak_ptr<Tenant>> tenants_;
  size_t sweep_at_ = 64;
  std::list<Tenant*> turns_;  // those with items that wait here
};

template <typename Item>
void FairQueue<Item>::Add(Item& item, std::string_view tenant) {
  Node& node = Base(item);
  if (node.share_.queued()) return;
  if (node.tenant_ == nullptr || node.tenant_->name != tenant) node.tenant_ = Find(tenant);
  node.share_.Join(node.tenant_->turns);
  if (!node.tenant_->share.queued()) node.tenant_->share.Join(turns_);
}

template <typename Item>
void FairQueue<Item>::Remove(Item& item) {
  Node& node = Base(item);
  if (!node.share_.queued()) return;
  node.share_.Leave(node.tenant_->turns);
  if (node.tenant_->turns.empty()) node.tenant_->share.Leave(turns_);
}

template <typename Item>
Item* FairQueue<Item>::Next() {
  if (turns_.empty()) return nullptr;
  while (!turns_.front()->share.TakeTurn(turns_)) {
  }
  std::list<Node*>& items = turns_.front()->turns;
  while (!items.front()->share_.TakeTurn(items)) {
  }
  return static_cast<Item*>(items.front());
}

template <typename Item>
void FairQueue<Item>::Charge(Item& item, size_t bytes) {
  Node& node = Base(item);
  const auto cost = static_cast<int64_t>(std::max(bytes, kLeastBytes));
  node.share_.Charge(cost);
  node.tenant_->share.Charge(cost);
}

template <typename Item>
std::shared_ptr<typename FairQueue<Item>::Tenant> FairQueue<Item>::Find(std::string_view name) {
  std::weak_ptr<Tenant>& known = tenants_[std::string(name)];
  if (auto tenant = known.lock()) return tenant;
  auto tenant = std::make_shared<Tenant>(name);
  known = tenant;
  if (tenants_.size() > sweep_at_) {
    std::erase_if(tenants_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 2 * tenants_.size() + 64;
  }
  return tenant;
}

}  // namespace carillon::policy
