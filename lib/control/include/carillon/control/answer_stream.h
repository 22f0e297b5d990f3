#pragma once

#include <google/protobuf/message.h>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace carillon::control {

/// Where a call's answers go that come one after another. Whoever has it ends it, once, also when
/// nobody reads it any more, and does not use it after that. Any thread, one at a time.
class AnswerStream {
 public:
  virtual ~AnswerStream() = default;
  /// Nobody reads it any more: it is to be ended.
  virtual bool cancelled() const = 0;
  /// Sends one. `written`, once, on any thread: the next may come (true), or none will arrive
  /// (false). Not again before that.
  virtual void Write(const google::protobuf::Message& answer,
                     absl::AnyInvocable<void(bool)> written) = 0;
  /// Ends it, behind what was written.
  virtual void End(const absl::Status& status) = 0;
};

}  // namespace carillon::control
