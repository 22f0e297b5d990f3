#include "staged_view.h"

#include <algorithm>

#include "carillon/resource/read_event_type.h"

namespace carillon::control {
namespace {

/// Behind the revision of everything that is stored.
constexpr uint64_t kNotWritten = ~uint64_t{0};

}  // namespace

StagedView::StagedView(const View& below) : below_(below), file_(below.file()) {
  builder_.Keep(below.stored());
  stored_ = below.stored();
}

void StagedView::Stage(Edit edit) {
  if (edit.name.starts_with(resource::kEventTypes)) stored_ = nullptr;
  const bool was = Find(edit.name).message != nullptr;
  const bool is = edit.message != nullptr;
  const auto count = counts_.find(std::string_view(edit.name).substr(0, edit.name.rfind('/') + 1));
  if (count != counts_.end()) count->second = count->second + (is ? 1 : 0) - (was ? 1 : 0);
  std::string name = edit.name;
  edits_.insert_or_assign(std::move(name), std::move(edit));
}

Entry StagedView::Find(std::string_view name) const {
  const auto staged = edits_.find(name);
  if (staged == edits_.end()) return below_.Find(name);
  if (staged->second.message == nullptr) return {};
  return {staged->first, kNotWritten, staged->second.message};
}

std::vector<Entry> StagedView::List(std::string_view prefix) const {
  std::vector<Entry> list = below_.List(prefix);
  std::erase_if(list, [this](const Entry& entry) { return edits_.contains(entry.name); });
  for (auto at = edits_.lower_bound(prefix); at != edits_.end() && at->first.starts_with(prefix);
       ++at) {
    if (at->second.message != nullptr) {
      list.push_back({at->first, kNotWritten, at->second.message});
    }
  }
  std::ranges::sort(list, {}, &Entry::name);
  return list;
}

size_t StagedView::Count(std::string_view prefix) const {
  const auto known = counts_.find(prefix);
  if (known != counts_.end()) return known->second;
  return counts_.emplace(prefix, List(prefix).size()).first->second;
}

resource::SnapshotPtr StagedView::stored() const {
  if (stored_ != nullptr) return stored_;
  std::vector<Edit> types;
  for (auto at = edits_.lower_bound(resource::kEventTypes);
       at != edits_.end() && at->first.starts_with(resource::kEventTypes); ++at) {
    types.push_back(at->second);
  }
  stored_ = builder_.Next(types, kNotWritten);
  return stored_;
}

std::vector<Edit> StagedView::Take() && {
  std::vector<Edit> edits;
  edits.reserve(edits_.size());
  for (auto& [name, edit] : edits_) edits.push_back(std::move(edit));
  return edits;
}

}  // namespace carillon::control
