#pragma once

#include <memory>

#include "answers.h"
#include "carillon/base/clock.h"
#include "delivery_thread.h"

namespace carillon::engine {

/// What an engine runs on: threads of the operating system, or, in the simulation, simulated ones.
/// Used on the engine's thread.
class ThreadHost {
 public:
  virtual ~ThreadHost() = default;

  /// `state`: of the shard that the thread is for, as it was taken. It does not outlive the host,
  /// nor whatever `options` name.
  virtual std::unique_ptr<DeliveryThread> MakeThread(const DeliveryThreadOptions& options,
                                                     store::ShardState state) = 0;

  /// Waits until all answers are there, or until then by the steady clock (MonoTime::max(): for as
  /// long as it takes). Returns whether they are there.
  virtual bool Wait(Awaited& answers, base::MonoTime until) = 0;
};

}  // namespace carillon::engine
