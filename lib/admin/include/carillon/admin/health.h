#pragma once

#include <cstdint>
#include <string>

#include "carillon/base/mutex.h"

namespace carillon::admin {

/// Whether the process serves, and why not. Starts as not ready, `starting`. Thread-safe.
///
/// Reasons are short and for the operator: `starting`, `stopping`, `journal refuses publishing for
/// want of space`.
class Health {
 public:
  struct State {
    bool ready = false;
    bool failed = false;
    std::string reason = "starting";  ///< empty when ready
    std::string stuck;                ///< what does not go round; empty when everything does
    uint64_t revision = 0;            ///< of the configuration in force; 0: none is yet
    friend bool operator==(const State&, const State&) = default;
  };

  void SetReady();
  void SetNotReady(std::string reason);
  /// The process cannot go on. Final: nothing makes it ready again, and the first reason stays.
  void SetFailed(std::string reason);

  /// A thread that everything depends on hangs: the process is neither alive nor ready while it
  /// does. `what` is empty when none does any more.
  void SetStuck(std::string what);

  /// A configuration is in force.
  void SetRevision(uint64_t revision);

  State Get() const;

 private:
  void Set(State state);

  mutable base::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::admin
