#pragma once

#include <mutex>
#include <string>

namespace carillon::admin {

/// Whether the process serves, and why not. Starts as not ready, `starting`. Thread-safe.
///
/// Reasons are short and for the operator: `starting`, `stopping`, `journal refuses publishing for
/// want of space`. Failed is final: the process cannot go on.
class Health {
 public:
  struct State {
    bool ready = false;
    bool failed = false;
    std::string reason = "starting";  ///< empty when ready
  };

  void SetReady();
  void SetNotReady(std::string reason);
  /// After this nothing makes it ready again, and the first reason stays.
  void SetFailed(std::string reason);

  State Get() const;

 private:
  mutable std::mutex mutex_;
  State state_;
};

}  // namespace carillon::admin
