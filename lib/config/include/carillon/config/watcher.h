#pragma once

#include <functional>
#include <memory>
#include <string>

namespace carillon::config {

/// Tells when a file's content may have changed: written in place, replaced by rename, or reached
/// through symbolic links one of which was swapped (as a mounted Kubernetes ConfigMap does).
/// Looks every `interval`; compares identity and content, so it misses nothing and cries once, when
/// two looks saw the same: what is being written in place is cut off at first.
class Watcher {
 public:
  /// `on_change` is called on the watcher's own thread, and after `Poke` too.
  static std::unique_ptr<Watcher> Start(const std::string& path, int interval_ms,
                                        std::function<void()> on_change);
  /// Ends the thread; waits for an `on_change` under way.
  virtual ~Watcher() = default;
  /// Calls `on_change` soon, changed or not (SIGHUP). Any thread.
  virtual void Poke() = 0;
};

}  // namespace carillon::config
