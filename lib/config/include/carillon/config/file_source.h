#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/config/config_file.h"
#include "carillon/config/watcher.h"
#include "carillon/resource/source.h"

namespace carillon::config {

/// The configuration file as a source of resources: read once by whoever starts, then again
/// whenever its content, or that of a file that it names, may have changed. Thread-safe but where
/// it says otherwise.
class FileSource final : public resource::Source {
 public:
  /// What reading the file again came to.
  struct Reload {
    /// OK: what it says is in force. CANCELLED: it was read again before that.
    absl::Status status;
    const Config* config = nullptr;  ///< where it could be read, without its resources
    resource::SnapshotPtr snapshot;  ///< the same; its resources
    std::chrono::nanoseconds took{};
  };
  using OnReload = std::function<void(const Reload&)>;

  /// `config`: what the file was at the start, whose resources and files it takes over. The clock
  /// outlives it.
  FileSource(std::string path, Config& config, const base::Clock& clock);
  /// Waits until the file that is being read was offered. What was offered was answered before.
  ~FileSource() override;

  std::string_view name() const override { return "the configuration file"; }
  resource::SnapshotPtr current() const override;
  void Subscribe(Take take) override;

  /// From now on the file is looked at every `interval`. Once, after `Subscribe`. `on_reload` is
  /// called after each reload, also one that failed: on the watcher's thread, or on that of the one
  /// who took what was read; one at a time.
  void Watch(std::chrono::milliseconds interval, OnReload on_reload);
  /// Ends that; waits until the file that is being read was offered. One thread at a time with
  /// `Watch`.
  void StopWatching() { watcher_.reset(); }
  /// Reads it again soon, changed or not (SIGHUP). Once it is watched.
  void Poke() { watcher_->Poke(); }

 private:
  /// On the watcher's thread.
  void Read();
  void Offer(Config config, base::MonoTime start);
  void OnTaken(const Config& config, const resource::SnapshotPtr& snapshot, base::MonoTime start,
               absl::Status status);
  void Tell(Reload reload, base::MonoTime start);
  void WatchThese(bool good, std::vector<WatchedFile> files);

  const std::string path_;
  const base::Clock& clock_;
  base::Mutex telling_;  // held while `on_reload_` runs
  OnReload on_reload_ ABSL_GUARDED_BY(telling_);
  std::vector<WatchedFile> files_;  // beside the file; the watcher's thread's
  uint64_t offered_ = 1;            // the revision that was; the watcher's thread's
  base::Mutex taking_;              // held while `take_` runs
  Take take_ ABSL_GUARDED_BY(taking_);
  mutable base::Mutex mutex_;
  resource::SnapshotPtr current_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Watcher> watcher_;
};

/// The resources of `config`, which loses them. What is equal in `before`, which may be null, keeps
/// its revision.
resource::SnapshotPtr TakeSnapshot(uint64_t revision, Config& config,
                                   const resource::Snapshot* before);

}  // namespace carillon::config
