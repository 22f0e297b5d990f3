#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "carillon/engine/engine.h"
#include "sim_scene.h"

namespace carillon::delivery {

/// Purges: walks through what waits at a destination, of which some is meant, and named deliveries,
/// with whatever else happens meanwhile. Each goes on step by step until all is done, the process
/// ends, or there is peace. What is meant is noted: nobody has to be told of it.
class SimPurges {
 public:
  /// `engine`: of the process that lives. `scene` outlives it.
  SimPurges(SimScene& scene, std::function<engine::Engine&()> engine)
      : scene_(scene), engine_(std::move(engine)) {}

  void Begin() {
    const size_t lane = scene_.Below(scene_.configuration.lanes());
    auto order = std::make_shared<PurgeOrder>();
    order->name = "d" + std::to_string(lane);
    order->tenant = SimPublisher::TenantOf(static_cast<int>(lane));
    order->end = scene_.store.last() + 1;
    order->most = 1 + scene_.Below(50);
    order->only_count = scene_.Below(6) == 0;
    order->wants = [this, salt = scene_.random.Next(), name = order->name,
                    real = !order->only_count](const WaitingDelivery& waiting) {
      const uint64_t position = waiting.event.position();
      if ((position * salt >> 32) % 3 == 0) return false;
      if (real) Note(name, position);
      return true;
    };
    if (scene_.Below(3) == 0) NameSome(*order);
    GoOn(std::move(order));
  }
  /// Deliveries that were given up.
  size_t count() const { return count_; }

 private:
  /// What waits for a time, and what is dead with others held behind it.
  void NameSome(PurgeOrder& order) {
    for (const auto& [id, row] : scene_.store.parked) {
      const SimStore::LaneRecord& lane = scene_.store.lanes.at(std::get<0>(id));
      if (lane.name.name != order.name || lane.out || scene_.Below(2) == 0) continue;
      const bool mark = SimStore::IsMark(id);
      if (!mark && !SimStore::IsTimed(id)) continue;
      if (order.items.size() >= PurgeOrder::kMaxItems) return;
      PurgeOrder::Item item{.position = row.rest.empty() ? std::get<2>(id) : row.rest[0].position,
                            .due = {}};
      if (!mark) item.due = std::get<1>(id).time();
      order.items.push_back(item);
      Note(order.name, item.position);
    }
  }
  void Note(const std::string& name, uint64_t position) {
    scene_.store.purged.insert({name, position});
    scene_.checks.OnPurge(name);
  }
  void GoOn(std::shared_ptr<PurgeOrder> order) {
    engine_().Purge(*order, [this, order](const absl::StatusOr<PurgeResult>& result) {
      if (!result.ok()) return;
      if (!order->only_count) count_ += result->purged;
      if (!result->next || scene_.peace) return;
      order->from = *result->next;
      scene_.executor.At(scene_.clock.Mono() + std::chrono::milliseconds(20), [this, order] {
        if (!scene_.peace) GoOn(order);
      });
    });
  }

  SimScene& scene_;
  const std::function<engine::Engine&()> engine_;
  size_t count_ = 0;
};

}  // namespace carillon::delivery
