#pragma once

#include <map>
#include <memory>

#include "lane.h"

namespace carillon::delivery {

/// The lanes of a shard by number, closing ones included; answers of the journal find them here.
class LaneMap {
 public:
  /// Null: it is gone.
  Lane* Find(store::LaneId id) const {
    const auto found = lanes_.find(id);
    return found == lanes_.end() ? nullptr : found->second.get();
  }
  Lane& Add(std::unique_ptr<Lane> lane) { return *(lanes_[lane->id()] = std::move(lane)); }
  void Erase(store::LaneId id) { lanes_.erase(id); }

  template <typename Visit>
  void ForEach(Visit visit) {
    for (auto& [id, lane] : lanes_) visit(*lane);
  }

 private:
  std::map<store::LaneId, std::unique_ptr<Lane>> lanes_;  // ordered: a seed replays a run
};

}  // namespace carillon::delivery
