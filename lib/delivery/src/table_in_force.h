#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/routing/routing_table.h"
#include "lane.h"

namespace carillon::delivery {

/// The routing table in force, and the lane that stands at each of its places. One thread.
class TableInForce {
 public:
  /// Another table, and the lanes at those places where it is another than before; null where there
  /// is no destination. The lanes outlive their places.
  void Set(std::shared_ptr<const routing::RoutingTable> table,
           std::span<const std::pair<uint32_t, Lane*>> places) {
    table_ = std::move(table);
    lanes_.resize(table_->places());
    for (const auto& [place, lane] : places) lanes_[place] = lane;
  }

  /// Null before the first.
  const std::shared_ptr<const routing::RoutingTable>& table() const { return table_; }
  /// By place; null where there is no destination.
  const std::vector<Lane*>& lanes() const { return lanes_; }
  /// Null: there is none.
  Lane* LaneAt(uint32_t place) const { return place < lanes_.size() ? lanes_[place] : nullptr; }

  /// The same, if it has that name.
  Lane* LaneNamed(uint32_t place, std::string_view tenant, std::string_view name) const {
    Lane* const lane = LaneAt(place);
    if (lane == nullptr || lane->destination().tenant != tenant) return nullptr;
    return lane->destination().name == name ? lane : nullptr;
  }

  /// Whether anybody subscribed to an operational type in the lane's tenant.
  bool IsSubscribed(const Lane& lane, std::string_view type) const {
    return table_->IsSubscribed(lane.destination().tenant, type);
  }

 private:
  std::shared_ptr<const routing::RoutingTable> table_;
  std::vector<Lane*> lanes_;
};

}  // namespace carillon::delivery
