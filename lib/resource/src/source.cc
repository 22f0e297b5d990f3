#include "carillon/resource/source.h"

#include <utility>

namespace carillon::resource {

absl::StatusOr<std::unique_ptr<Layers>> Layers::Create(std::vector<Source*> sources) {
  std::vector<SnapshotPtr> in_each;
  std::vector<Layer> parts;
  for (const Source* source : sources) {
    in_each.push_back(source->current());
    parts.push_back({source->name(), in_each.back()});
  }
  absl::StatusOr<SnapshotPtr> merged = Merge(parts, 1);
  if (!merged.ok()) return merged.status();
  return std::unique_ptr<Layers>(
      new Layers(std::move(sources), std::move(in_each), *std::move(merged)));
}

Layers::~Layers() { Subscribe(nullptr); }

SnapshotPtr Layers::current() const {
  const base::MutexLock lock(mutex_);
  return current_;
}

void Layers::Subscribe(Take take) {
  const bool ends = take == nullptr;
  if (!ends) {
    const base::MutexLock lock(changing_);
    take_ = std::move(take);
  }
  for (size_t i = 0; i < sources_.size(); ++i) {
    sources_[i]->Subscribe(
        ends ? Take() : [this, i](const SnapshotPtr& snapshot) { return OnChange(i, snapshot); });
  }
}

absl::Status Layers::OnChange(size_t index, const SnapshotPtr& snapshot) {
  const base::MutexLock lock(changing_);
  std::vector<Layer> parts;
  for (size_t i = 0; i < sources_.size(); ++i) {
    parts.push_back({sources_[i]->name(), i == index ? snapshot : in_each_[i]});
  }
  absl::StatusOr<SnapshotPtr> merged = Merge(parts, current()->revision + 1);
  if (!merged.ok()) return merged.status();
  if (absl::Status status = take_(*merged); !status.ok()) return status;
  in_each_[index] = snapshot;
  const base::MutexLock current_lock(mutex_);
  current_ = *std::move(merged);
  return absl::OkStatus();
}

}  // namespace carillon::resource
