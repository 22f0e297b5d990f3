#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "carillon/admin/health.h"
#include "carillon/base/clock.h"
#include "carillon/base/loop_watch.h"
#include "carillon/base/mutex.h"
#include "carillon/config/config_file.h"
#include "carillon/log/log.h"
#include "carillon/store/shard_store.h"
#include "notices.h"

namespace carillon::server {

/// What the process says of its own health, on the admin port and by the health service of the
/// publishing port: that it serves, or why not. Follows whether the stores accept events, and
/// the event loops. Logs each change once. Thread-safe, except `Look`, which is
/// called on one thread.
class HealthWatch {
 public:
  /// How often `Look` is called.
  static constexpr std::chrono::milliseconds kInterval{500};

  /// What the stores say at a look.
  struct Stores {
    bool accepting = true;    ///< false when publishing is refused for want of space
    uint64_t free_bytes = 0;  ///< of the file system
    store::ShardStore::ShardStats kept;
  };
  /// Told whether publishing is served; must not block, nor call back.
  using Serve = std::function<void(bool serving)>;

  /// All outlive it; of `config` only the section `journal` is read.
  HealthWatch(const base::Clock& clock, const config::Config& config, base::LoopWatch& loops,
              admin::Health& health, log::Logger& logger)
      : clock_(clock), loops_(loops), health_(health), logger_(logger), holders_(config, logger) {}

  /// Everything is started: from now on it serves while events are accepted. If there is
  /// no room at once, it is ready not even for a moment, and the first `Look` logs it.
  void Begin(bool accepting, Serve serve);
  /// It does not serve any more, whatever comes.
  void Stop();
  bool stopping() const;

  /// Before `Begin` and after `Stop` only the loops are followed, and what is kept for whom.
  void Look(const Stores& stores);

 private:
  enum class Phase { kStarting, kServing, kStopping };

  void Follow(const Stores& stores);
  void LookAtLoops();
  /// If `why` is empty, it serves.
  void Set(const std::string& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const base::Clock& clock_;
  base::LoopWatch& loops_;
  admin::Health& health_;
  log::Logger& logger_;
  HolderNotice holders_;  // of `Look`, as what follows
  bool stuck_ = false;

  mutable base::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kStarting;
  bool accepting_ ABSL_GUARDED_BY(mutex_) = true;  // as the log told it
  bool serves_ ABSL_GUARDED_BY(mutex_) = false;    // as it was set
  Serve serve_ ABSL_GUARDED_BY(mutex_);            // null before `Begin`
};

}  // namespace carillon::server
