#pragma once

#include <map>
#include <string>
#include <vector>

#include "carillon/control/change.h"
#include "carillon/resource/snapshot.h"

namespace carillon::control {

/// Makes the snapshots of the store's resources, one of another: what a change does not concern is
/// shared. Used by one thread.
class LayerBuilder {
 public:
  /// The snapshot after these edits, which are of that revision. It becomes the one that the next
  /// is made of by `Keep`.
  resource::SnapshotPtr Next(const std::vector<Edit>& edits, uint64_t revision) const;
  void Keep(resource::SnapshotPtr snapshot) { snapshot_ = std::move(snapshot); }
  const resource::SnapshotPtr& current() const { return snapshot_; }

 private:
  resource::SnapshotPtr snapshot_ = std::make_shared<const resource::Snapshot>();
};

}  // namespace carillon::control
