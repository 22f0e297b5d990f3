#pragma once

#include <utility>

#include "absl/functional/any_invocable.h"

namespace carillon::engine {

/// Somebody who waits for one of several that may answer: the first one counts, and where nobody
/// does, the end of this object, with a value made by default. On one thread at a time.
template <typename Value>
class AnswerOnce {
 public:
  explicit AnswerOnce(absl::AnyInvocable<void(Value)> done) : done_(std::move(done)) {}
  ~AnswerOnce() { Give(Value()); }
  AnswerOnce(const AnswerOnce&) = delete;
  AnswerOnce& operator=(const AnswerOnce&) = delete;

  void Give(Value value) {
    if (done_ != nullptr) std::exchange(done_, nullptr)(std::move(value));
  }

 private:
  absl::AnyInvocable<void(Value)> done_;
};

}  // namespace carillon::engine
