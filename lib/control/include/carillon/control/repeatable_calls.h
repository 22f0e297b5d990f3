#pragma once

#include <set>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "carillon/base/mutex.h"
#include "carillon/control/repository.h"
#include "carillon/control/standard_methods.h"

namespace carillon::control {

/// Calls that do something which is not a change of the repository, once for each request id.
/// Thread-safe; the repository outlives it, and whatever is under way has been answered before it
/// ends.
class RepeatableCalls {
 public:
  using Done = Methods::Done;
  /// Does it, and answers once, on any thread.
  using Act = absl::AnyInvocable<void(Done)>;

  explicit RepeatableCalls(Repository& repository) : repository_(repository) {}

  /// `done`, once, on any thread: what `act` answered, now or the first time. Without a request id
  /// each call acts. An error is not kept: the call may be repeated. RATE_LIMITED: the same id is
  /// under way; else errors as those of Repository::Change. `call.decide` is not looked at.
  void Run(ChangeCall call, Act act, Done done);

 private:
  using Key = std::pair<std::string, std::string>;  ///< principal, request id

  void OnRecalled(ChangeCall call, Act act, absl::StatusOr<Answer> before, Done done);
  bool Enter(const Key& key);
  void Leave(const Key& key);

  Repository& repository_;
  base::Mutex mutex_;
  std::set<Key> under_way_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::control
