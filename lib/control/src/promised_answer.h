#pragma once

#include <utility>

#include "carillon/aip/error.h"
#include "carillon/control/standard_methods.h"

namespace carillon::control {

/// An answer that a call is owed, for callbacks that may be dropped by whoever ends: if it was not
/// given before the last one goes, it is STOPPING. Moved, not copied.
class PromisedAnswer {
 public:
  explicit PromisedAnswer(Methods::Done done) : done_(std::move(done)) {}
  PromisedAnswer(PromisedAnswer&& other) noexcept : done_(std::exchange(other.done_, nullptr)) {}
  PromisedAnswer& operator=(PromisedAnswer&&) = delete;
  ~PromisedAnswer() {
    if (done_ != nullptr) done_(aip::MakeError(v1::STOPPING, "the service is stopping"));
  }

  /// Once.
  void operator()(absl::StatusOr<Answer> answer) {
    std::exchange(done_, nullptr)(std::move(answer));
  }

 private:
  Methods::Done done_;
};

}  // namespace carillon::control
