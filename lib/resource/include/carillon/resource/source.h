#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/mutex.h"
#include "carillon/resource/snapshot.h"

namespace carillon::resource {

/// Where resources come from: a file, a store. Each has its own writer.
class Source {
 public:
  /// What became of a change. OK: it is in force, and the source's. What is refused does not become
  /// the source's: whoever wanted it is told why.
  using Done = absl::AnyInvocable<void(absl::Status)>;
  /// Puts a snapshot in force. Called on the source's thread, which it does not hold up; `done`,
  /// once, on any thread, maybe at once, and before the source ends.
  using Take = std::function<void(const SnapshotPtr&, Done done)>;

  virtual ~Source() = default;
  /// What errors call it.
  virtual std::string_view name() const = 0;
  /// What it has, as far as it was taken; at first what it had when it was made. Any thread.
  virtual SnapshotPtr current() const = 0;
  /// From now on `take` gets each change, also while it has not answered the one before. Once;
  /// nullptr ends it, and waits for a call under way.
  virtual void Subscribe(Take take) = 0;
};

/// All of several sources as one. A change that would give two of them a resource of one name is
/// refused, whichever made it. Thread-safe: changes go one after another, in their order; while one
/// is under way, each source may have one that waits: a newer one takes its place, and it is
/// CANCELLED. The sources outlive it.
class Layers final : public Source {
 public:
  /// ALREADY_EXISTS as Merge.
  static absl::StatusOr<std::unique_ptr<Layers>> Create(std::vector<Source*> sources);
  ~Layers() override;

  std::string_view name() const override { return "the configuration"; }
  SnapshotPtr current() const override;
  /// Given nullptr, what waits is CANCELLED; one under way has been answered by then.
  void Subscribe(Take take) override;

 private:
  struct Change {
    SnapshotPtr snapshot;
    Done done;
  };

  Layers(std::vector<Source*> sources, std::vector<SnapshotPtr> in_each, SnapshotPtr merged)
      : sources_(std::move(sources)),
        in_each_(std::move(in_each)),
        waiting_(sources_.size()),
        current_(std::move(merged)) {}
  /// The source of that index has something else.
  void OnChange(size_t index, const SnapshotPtr& snapshot, Done done);
  /// Begins with those that wait, unless one is under way.
  void Go();
  void Begin(size_t index, Change change);
  absl::StatusOr<SnapshotPtr> Merged(size_t index, const SnapshotPtr& snapshot) const;
  void End(size_t index, Change change, const SnapshotPtr& merged, absl::Status status);

  const std::vector<Source*> sources_;
  mutable base::Mutex mutex_;
  Take take_ ABSL_GUARDED_BY(mutex_);
  std::vector<SnapshotPtr> in_each_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::optional<Change>> waiting_ ABSL_GUARDED_BY(mutex_);  // of each source
  std::deque<size_t> order_ ABSL_GUARDED_BY(mutex_);                    // in which they came
  bool changing_ ABSL_GUARDED_BY(mutex_) = false;                       // one is under way
  SnapshotPtr current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::resource
