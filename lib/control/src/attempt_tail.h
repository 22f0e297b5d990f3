#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "carillon/control/attempt_tails.h"

namespace carillon::control {

/// Runs a task soon on the thread of the streams; where that has ended it is dropped.
using PostToTails = std::function<void(absl::AnyInvocable<void()> task)>;

/// What all streams work with; outlives them, but for what is under way at the log or a reader.
struct TailContext {
  deliverylog::AttemptStore& log;
  const aip::PageTokens& tokens;
  const base::Clock& clock;
  PostToTails post;
};

/// One stream of TailAttempts: a place in the log, and what was found behind it and is not yet
/// sent. One thing at a time is under way: a query, or a message. On the thread of the streams.
class AttemptTail : public std::enable_shared_from_this<AttemptTail> {
 public:
  /// What it is asked for. `next`: sequence of the first attempt that is meant.
  struct Request {
    std::string parent, filter;
    deliverylog::Query query;
    bool full = false;
    uint64_t next = 0;
    Caller caller;
  };

  AttemptTail(const TailContext& context, Request request, std::unique_ptr<AnswerStream> stream);

  /// Does what is due. `log_end`: sequences below it can be found.
  void Look(uint64_t log_end);
  void End(const absl::Status& status);
  bool ended() const { return stream_ == nullptr; }
  const std::string& principal() const { return request_.caller.principal; }

 private:
  using FoundPage = absl::StatusOr<deliverylog::Page>;

  bool CheckStillMayRead();
  /// Asks for what is new, the newest first; `before` is where it goes on.
  void AskForNew(uint64_t before);
  void OnNew(FoundPage page);
  /// What is new was found, or counted.
  void OnAllNew();
  void SendNext();
  void SendFull(size_t count);
  /// Sends it, and counts everything below `through` as sent.
  void Send(v1::TailAttemptsResponse message, size_t count);
  void OnWritten(bool ok);
  /// Runs `then` on the thread of the streams with what is told.
  template <typename T>
  absl::AnyInvocable<void(T)> Then(void (AttemptTail::*then)(T));

  const TailContext& context_;
  const Request request_;
  std::unique_ptr<AnswerStream> stream_;  ///< null: it was ended
  base::MonoTime check_at_;
  base::MonoTime sign_at_;
  bool busy_ = false;
  uint64_t next_;     ///< below it all is sent, found, or left out
  uint64_t looking_;  ///< what is being looked for ends there
  /// Found and not sent: the newest last once all was found.
  std::vector<deliverylog::Record> found_;
  size_t sent_ = 0;  ///< of these
  int64_t dropped_ = 0;
};

/// What stands in a resume token.
std::string MakeResumeToken(const TailContext& context, const std::string& parent,
                            const std::string& filter, const Caller& caller, uint64_t next);
/// PAGE_TOKEN_INVALID about `resume_token`.
absl::StatusOr<uint64_t> ReadResumeToken(const TailContext& context,
                                         const v1::TailAttemptsRequest& request,
                                         const Caller& caller);

}  // namespace carillon::control
