#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/delivery/all_tables.h"
#include "carillon/resource/snapshot.h"
#include "carillon/routing/routing_table.h"
#include "placement.h"

namespace carillon::engine {

/// The routing tables of all shards, and what they were made from. One thread.
class TableSet {
 public:
  explicit TableSet(size_t shards, PlaceBy by = PlaceBy::kFewest)
      : placement_(shards, by), tables_(shards, routing::CompiledTable::Empty()) {}

  /// What another snapshot makes of the tables.
  struct Plan {
    struct OfShard {
      std::shared_ptr<const routing::CompiledTable> table;
      bool changed = false;          ///< it is another than before
      std::vector<uint32_t> places;  ///< where it is, each once
    };
    std::vector<OfShard> shards;
    Placement::Change placement;
    resource::SnapshotPtr snapshot;
    size_t compared = 0;  ///< resources that were looked at
  };

  /// Takes as long as what is different from the snapshot in force (see resource::Compare and
  /// routing::CompiledTable). Changes nothing: a plan can be dropped.
  Plan MakePlan(resource::SnapshotPtr snapshot) const;
  /// It is in force. Nothing was taken since it was made.
  void Take(Plan plan);

  /// Where a destination is; null: it is not in force.
  const Placement::Assignment* Find(const std::string& tenant, const std::string& name) const {
    return placement_.Find({tenant, name});
  }
  /// Of one shard, whole.
  const std::shared_ptr<const routing::CompiledTable>& table(store::ShardId shard) const {
    return tables_[shard];
  }
  /// What is in force.
  const resource::SnapshotPtr& snapshot() const { return snapshot_; }
  /// For figures.
  delivery::AllTables::Tables tables() const { return {tables_.begin(), tables_.end()}; }

 private:
  Placement placement_;
  std::vector<std::shared_ptr<const routing::CompiledTable>> tables_;
  resource::SnapshotPtr snapshot_ = std::make_shared<const resource::Snapshot>();
};

}  // namespace carillon::engine
