#pragma once

#include <mutex>
#include <string>

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
    friend bool operator==(const State&, const State&) = default;
  };

  void SetReady();
  void SetNotReady(std::string reason);
  /// The process cannot go on. Final: nothing makes it ready again, and the first reason stays.
  void SetFailed(std::string reason);

  State Get() const;

 private:
  void Set(State state);

  mutable std::mutex mutex_;
  State state_;
};

}  // namespace carillon::admin
