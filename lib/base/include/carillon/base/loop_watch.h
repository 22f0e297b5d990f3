#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::base {

/// Whether event loops go round: asks each for an answer, one question at a time, and says which
/// has owed it for too long. That is all that liveness means: a slow disk, a full one or a receiver
/// that hangs keeps no loop from going round. Any thread.
class LoopWatch {
 public:
  /// Makes the loop call `answer` on its own thread, soon; any thread, until `Stop`.
  using Ask = std::function<void(absl::AnyInvocable<void()> answer)>;

  /// `patience`: how long a loop may owe its answer. `clock` outlives it.
  LoopWatch(const Clock& clock, std::chrono::nanoseconds patience)
      : clock_(clock), patience_(patience) {}

  /// `name`: for people.
  void Add(std::string name, Ask ask);

  /// Asks the loops that have answered. Returns what is wrong with one that is stuck (`the event
  /// loop delivery-1 has been stuck for 31 s`), or an empty text.
  std::string Look();

  /// Asks nobody any more; waits for a `Look` under way. Answers may still come.
  void Stop();

 private:
  /// Shared with the question, which the loop may hold for longer than the watch lives.
  struct Answer {
    base::Mutex mutex;
    bool owed ABSL_GUARDED_BY(mutex) = false;
  };
  struct Loop {
    std::string name;
    Ask ask;
    std::shared_ptr<Answer> answer;
    MonoTime asked{};
  };

  /// Whether the loop owes an answer; when it does not, asks it again.
  static bool Owes(Loop& loop, MonoTime now);

  const Clock& clock_;
  const std::chrono::nanoseconds patience_;
  base::Mutex mutex_;
  std::vector<Loop> loops_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::base
