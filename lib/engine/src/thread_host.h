#pragma once

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "answers.h"
#include "carillon/base/clock.h"
#include "delivery_thread.h"

namespace carillon::engine {

/// What an engine runs on: threads of the operating system, or, in the simulation, simulated ones.
/// One of them is the engine's own, for what it does in several steps; no delivery runs there.
class ThreadHost {
 public:
  virtual ~ThreadHost() = default;

  /// `state`: of the shard that the thread is for, as it was taken. It does not outlive the host,
  /// nor whatever `options` name.
  virtual std::unique_ptr<DeliveryThread> MakeThread(const DeliveryThreadOptions& options,
                                                     store::ShardState state) = 0;

  /// Any thread. Runs `task` on the engine's thread, after those that were posted before.
  virtual void Post(absl::AnyInvocable<void()> task) = 0;
  /// Engine's thread. Runs `task` there at `at` by the steady clock, or somewhat later.
  virtual void PostAt(base::MonoTime at, absl::AnyInvocable<void()> task) = 0;
  /// Ends the engine's thread: when it returns nothing runs there, and what had not begun never
  /// does. Not on that thread; once.
  virtual void Stop() = 0;

  /// Not on the engine's thread. Waits until all answers are there, or until then by the steady
  /// clock (MonoTime::max(): for as long as it takes). Returns whether they are there.
  virtual bool Wait(Awaited& answers, base::MonoTime until) = 0;
};

}  // namespace carillon::engine
