#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "carillon/aip/page_token.h"
#include "carillon/base/clock.h"
#include "carillon/control/answer_stream.h"
#include "carillon/control/caller.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/v1/delivery_service.pb.h"

namespace carillon::control {

/// TailAttempts: attempts as they end, in the order in which the delivery log got them.
///
/// The log itself is what waits for slow readers: a stream keeps a place in it, and of what was not
/// read at most the newest kMaxBehind attempts without their details. Whoever delivers learns
/// nothing of streams; a stream of which nothing is new asks the log for nothing.
///
/// Thread-safe; what is given outlives it.
class AttemptTails {
 public:
  static constexpr size_t kMaxStreams = 100;
  static constexpr size_t kMaxOfPrincipal = 10;
  static constexpr size_t kMaxBehind = 1000;      ///< attempts that a reader may be behind
  static constexpr size_t kPerMessage = 100;      ///< attempts
  static constexpr size_t kPerFullMessage = 20;   ///< with their details
  static constexpr int64_t kMaxCounted = 10'000;  ///< of what is left out
  static constexpr std::chrono::milliseconds kLookEvery{250};
  static constexpr std::chrono::seconds kSignOfLife{15};
  static constexpr std::chrono::seconds kCheckEvery{2};  ///< whether the credential holds

  /// `log`: null, there is none, and calls say so.
  static std::unique_ptr<AttemptTails> Create(deliverylog::AttemptStore* log,
                                              const aip::PageTokens& tokens,
                                              const base::Clock& clock);
  /// As `Stop`.
  virtual ~AttemptTails() = default;

  /// Does not block. FIELD_INVALID, FILTER_INVALID about the request, PAGE_TOKEN_INVALID about
  /// `resume_token`, TOO_MANY_STREAMS: `stream` is ended by it at once.
  virtual void Begin(const v1::TailAttemptsRequest& request, const Caller& caller,
                     std::unique_ptr<AnswerStream> stream) = 0;

  /// Looks after all streams once; a thread of its own does so every kLookEvery, and when something
  /// was answered, from `Start` on. Not beside it.
  virtual void Look() = 0;
  virtual void Start() = 0;
  /// Ends all streams with STOPPING, then the thread. Later ones are ended so, too.
  virtual void Stop() = 0;
};

}  // namespace carillon::control
