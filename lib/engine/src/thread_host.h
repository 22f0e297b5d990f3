#pragma once

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "answers.h"
#include "carillon/base/clock.h"
#include "delivery_shard.h"

namespace carillon::engine {

/// What an engine runs on: threads of the operating system, or, in the simulation, simulated ones.
/// One of them is the engine's own, for what it does in several steps; no delivery runs there.
class ThreadHost {
 public:
  virtual ~ThreadHost() = default;

  /// Delivery threads, from 0 on; at least one.
  virtual size_t threads() const = 0;
  /// On one of them. `state`: of the shard, as it was taken. It does not outlive the host, nor
  /// whatever `options` name.
  virtual std::unique_ptr<DeliveryShard> MakeShard(size_t thread,
                                                   const DeliveryShardOptions& options,
                                                   store::ShardState state) = 0;
  /// Any thread. Runs `task` on a delivery thread, soon.
  virtual void PostTo(size_t thread, absl::AnyInvocable<void()> task) = 0;

  /// Any thread. Runs `task` on the engine's thread, after those that were posted before.
  virtual void Post(absl::AnyInvocable<void()> task) = 0;
  /// Engine's thread. Runs `task` there at `at` by the steady clock, or somewhat later.
  virtual void PostAt(base::MonoTime at, absl::AnyInvocable<void()> task) = 0;
  /// Ends all threads: when it returns nothing runs there, and what had not begun never does. Not
  /// on one of them; once.
  virtual void Stop() = 0;

  /// On none of its threads. Waits until all answers are there, or until then by the steady clock
  /// (MonoTime::max(): for as long as it takes). Returns whether they are there.
  virtual bool Wait(Awaited& answers, base::MonoTime until) = 0;
};

}  // namespace carillon::engine
