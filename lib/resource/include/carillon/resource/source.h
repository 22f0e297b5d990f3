#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/mutex.h"
#include "carillon/resource/snapshot.h"

namespace carillon::resource {

/// Where resources come from: a file, a store. Each has its own writer.
class Source {
 public:
  /// Puts a snapshot in force, on the source's thread, which waits. What is refused does not become
  /// the source's: whoever wanted the change is told why.
  using Take = std::function<absl::Status(const SnapshotPtr&)>;

  virtual ~Source() = default;
  /// What errors call it.
  virtual std::string_view name() const = 0;
  /// What it has, as far as it was taken; at first what it had when it was made. Any thread.
  virtual SnapshotPtr current() const = 0;
  /// From now on `take` gets each change, one at a time. Once; nullptr ends it, and waits for one
  /// under way.
  virtual void Subscribe(Take take) = 0;
};

/// All of several sources as one. A change that would give two of them a resource of one name is
/// refused, whichever made it. Thread-safe: changes of several sources go one after another. The
/// sources outlive it.
class Layers final : public Source {
 public:
  /// ALREADY_EXISTS as Merge.
  static absl::StatusOr<std::unique_ptr<Layers>> Create(std::vector<Source*> sources);
  ~Layers() override;

  std::string_view name() const override { return "the configuration"; }
  SnapshotPtr current() const override;
  void Subscribe(Take take) override;

 private:
  Layers(std::vector<Source*> sources, std::vector<SnapshotPtr> in_each, SnapshotPtr merged)
      : sources_(std::move(sources)), in_each_(std::move(in_each)), current_(std::move(merged)) {}
  /// The source of that index has something else.
  absl::Status OnChange(size_t index, const SnapshotPtr& snapshot);

  const std::vector<Source*> sources_;
  base::Mutex changing_;  // held while a change goes its way
  std::vector<SnapshotPtr> in_each_ ABSL_GUARDED_BY(changing_);
  Take take_ ABSL_GUARDED_BY(changing_);
  mutable base::Mutex mutex_;
  SnapshotPtr current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::resource
