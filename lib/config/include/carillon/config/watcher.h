#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "carillon/config/watched_file.h"

namespace carillon::config {

/// Tells when a file's content may have changed: written in place, replaced by rename, or reached
/// through symbolic links one of which was swapped (as a mounted Kubernetes ConfigMap does).
/// Looks every `interval`; compares identity and content, so it misses nothing and cries once, when
/// two looks saw the same: what is being written in place is cut off at first.
///
/// Files that the configuration names (secrets, certificates) are watched too, by identity only, at
/// most 1,000 of them a look, in turn.
class Watcher {
 public:
  /// Returns the files to watch beside the one, as they were read.
  using OnChange = std::function<std::vector<WatchedFile>()>;
  /// `on_change` is called on the watcher's own thread, and after `Poke` too. `files`: what it
  /// would have returned before.
  static std::unique_ptr<Watcher> Start(const std::string& path, int interval_ms,
                                        std::vector<WatchedFile> files, OnChange on_change);
  /// Ends the thread; waits for an `on_change` under way.
  virtual ~Watcher() = default;
  /// Calls `on_change` soon, changed or not (SIGHUP). Any thread.
  virtual void Poke() = 0;
};

}  // namespace carillon::config
