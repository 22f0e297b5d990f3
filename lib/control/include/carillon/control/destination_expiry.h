#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/standard_methods.h"

namespace carillon::control {

/// Deletes destinations of the API whose `expire_time` has come, as DeleteDestination with `force`
/// does: with subscriptions that name nothing else, in force, and written down in the audit log as
/// done by kPrincipal. One whose `expire_time` has moved on meanwhile stays. What cannot be deleted
/// now, since the store takes no changes, is tried again. And ends the retirement of tenants' names
/// (src/tenant_retirement.h), which is no change that is written down.
///
/// The repository, the type and the clock outlive it.
class DestinationExpiry {
 public:
  static constexpr char kPrincipal[] = "system:expiry";
  static constexpr std::chrono::seconds kEvery{5};
  static constexpr size_t kMaxAtOnce = 100;  ///< deletions of one sweep

  /// `destinations`: the type of MakeDestinationType.
  DestinationExpiry(Repository& repository, const ResourceType& destinations,
                    const base::Clock& clock)
      : repository_(repository),
        destinations_(destinations),
        methods_(repository, destinations, clock),
        clock_(clock) {}
  ~DestinationExpiry() { Stop(); }

  /// Begins a thread that sweeps every kEvery; once.
  void Start();
  /// Ends the thread. Waits for the deletion that is under way: after the repository was stopped,
  /// that is answered at once. Once more does nothing.
  void Stop();

  /// Deletes what has expired, kMaxAtOnce at most; returns how many. Blocks. One thread: that of
  /// Start, or a test's.
  size_t Sweep();

 private:
  void Run();
  bool stopping() const;
  /// Reads which expire when, if anything has changed since it was read.
  void Look();
  absl::Status Delete(const std::string& name, base::WallTime now);
  absl::Status EndRetirement(const std::string& name, base::WallTime now);

  Repository& repository_;
  const ResourceType& destinations_;
  Methods methods_;
  const base::Clock& clock_;
  // Of the thread that sweeps.
  uint64_t seen_ = UINT64_MAX;  // the revision that `due_` is of
  std::multimap<base::WallTime, std::string> due_;

  mutable base::Mutex mutex_;
  base::CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace carillon::control
