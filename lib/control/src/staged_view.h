#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carillon/control/change.h"
#include "carillon/control/view.h"
#include "layer_builder.h"

namespace carillon::control {

/// What there would be with edits that were not written yet. The file is that of one moment. Used
/// by one thread; the view below outlives it.
class StagedView final : public View {
 public:
  explicit StagedView(const View& below);

  /// Takes the edit's resource from now on. One that was staged before is replaced.
  void Stage(Edit edit);

  Entry Find(std::string_view name) const override;
  std::vector<Entry> List(std::string_view prefix) const override;
  size_t Count(std::string_view prefix) const override;
  resource::SnapshotPtr file() const override { return file_; }
  /// With the event types that are staged. What is staged of tenants is found by name only.
  resource::SnapshotPtr stored() const override;

  size_t size() const { return edits_.size(); }
  /// All that is staged, by name.
  std::vector<Edit> Take() &&;

 private:
  const View& below_;
  const resource::SnapshotPtr file_;
  std::map<std::string, Edit, std::less<>> edits_;
  LayerBuilder builder_;
  mutable resource::SnapshotPtr stored_;  ///< null: an event type was staged since
  /// By the prefixes that were asked for, each up to its last slash.
  mutable std::map<std::string, size_t, std::less<>> counts_;
};

}  // namespace carillon::control
