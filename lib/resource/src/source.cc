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
    const base::MutexLock lock(mutex_);
    take_ = std::move(take);
  }
  for (size_t i = 0; i < sources_.size(); ++i) {
    sources_[i]->Subscribe(ends ? Take() : [this, i](const SnapshotPtr& snapshot, Done done) {
      OnChange(i, snapshot, std::move(done));
    });
  }
  if (!ends) return;
  std::vector<std::optional<Change>> dropped(sources_.size());
  {
    const base::MutexLock lock(mutex_);
    dropped.swap(waiting_);
    order_.clear();
  }
  for (std::optional<Change>& change : dropped) {
    if (change) change->done(absl::CancelledError("the service is stopping"));
  }
}

void Layers::OnChange(size_t index, const SnapshotPtr& snapshot, Done done) {
  std::optional<Change> replaced;
  {
    const base::MutexLock lock(mutex_);
    replaced = std::exchange(waiting_[index], Change{snapshot, std::move(done)});
    if (!replaced) order_.push_back(index);
  }
  if (replaced) replaced->done(absl::CancelledError("a newer change came before it was in force"));
  Go();
}

void Layers::Go() {
  size_t index = 0;
  Change change;
  {
    const base::MutexLock lock(mutex_);
    if (changing_ || order_.empty()) return;
    changing_ = true;
    index = order_.front();
    order_.pop_front();
    change = *std::exchange(waiting_[index], std::nullopt);
  }
  Begin(index, std::move(change));
}

void Layers::Begin(size_t index, Change change) {
  absl::StatusOr<SnapshotPtr> merged = Merged(index, change.snapshot);
  if (!merged.ok()) return End(index, std::move(change), nullptr, merged.status());
  Take take;
  {
    const base::MutexLock lock(mutex_);
    take = take_;
  }
  take(*merged,
       [this, index, change = std::move(change), now = *merged](absl::Status status) mutable {
         End(index, std::move(change), now, std::move(status));
       });
}

// Only the change that is under way changes what it reads.
absl::StatusOr<SnapshotPtr> Layers::Merged(size_t index, const SnapshotPtr& snapshot) const {
  std::vector<SnapshotPtr> in_each;
  {
    const base::MutexLock lock(mutex_);
    in_each = in_each_;
  }
  in_each[index] = snapshot;
  std::vector<Layer> parts;
  for (size_t i = 0; i < sources_.size(); ++i) parts.push_back({sources_[i]->name(), in_each[i]});
  return Merge(parts, current()->revision + 1);
}

// The next begins when this one was told: what is done about it comes first.
void Layers::End(size_t index, Change change, const SnapshotPtr& merged, absl::Status status) {
  if (status.ok()) {
    const base::MutexLock lock(mutex_);
    in_each_[index] = change.snapshot;
    current_ = merged;
  }
  change.done(std::move(status));
  {
    const base::MutexLock lock(mutex_);
    changing_ = false;
  }
  Go();
}

}  // namespace carillon::resource
