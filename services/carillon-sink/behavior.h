#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carillon::sink {

/// How the sink treats a request. A value.
struct Behavior {
  enum class Kind {
    kAnswer,      ///< `status` after `delay`
    kHang,        ///< never answers
    kDrip,        ///< a byte of the head every 100 ms, endless
    kDripBody,    ///< the head, then a byte of the body every 100 ms, endless
    kEndless,     ///< the head, then body as fast as it is taken, endless
    kReset,       ///< resets the connection (RST)
    kClose,       ///< closes the connection without an answer
    kRedirect,    ///< 302 to /ok
    kGarbage,     ///< an answer that is not HTTP
    kShortBody,   ///< promises more body than it sends, then closes
    kHugeHead,    ///< a head of 64 KiB
    kHugeBody,    ///< a body of 1 MiB
    kRetryAfter,  ///< 429 with Retry-After
    kFlaky,  ///< of each webhook-id the first `count` - 1 requests get 503, later ones `status`
  };
  Kind kind = Kind::kAnswer;
  int status = 200;
  std::chrono::milliseconds delay{0};
  int count = 0;     ///< of kFlaky; seconds of kRetryAfter
  std::string name;  ///< as it was written: `status/503`
};

/// Reads `status/503`, `slow/250`, `slow/250/503`, `hang`, ... Further segments are left aside, so
/// that many targets can share one behavior. NOT_FOUND: the first segment names no behavior;
/// INVALID_ARGUMENT: it does, but its number is missing or out of bounds.
absl::StatusOr<Behavior> ParseBehavior(std::string_view text, int default_status);

/// One line for each behavior, for --help.
std::string_view BehaviorHelp();

}  // namespace carillon::sink
