#pragma once

#include <string>

#include "absl/status/status.h"

namespace carillon::client {

/// How a program that called the API ends.
enum Ending : int {
  kEndDone = 0,
  kEndRefused = 1,      ///< the server refused, for a reason that none of the others tells
  kEndWrongInput = 2,   ///< arguments or input, also those of which only the server knows
  kEndPartly = 3,       ///< some of it was done
  kEndNotFound = 4,     ///< what was named does not exist
  kEndForbidden = 5,    ///< no token, a wrong one, or one that may not
  kEndConflict = 6,     ///< it exists, or somebody else changed it meanwhile
  kEndUnavailable = 7,  ///< the server cannot be reached, has no time or no room: try again
};

Ending EndingOf(const absl::Status& status);

/// An error for people: its code, text and reason, then a line for each field or obstacle, then
/// what to do next. Lines behind the first are indented. Nothing in it is more than one line or has
/// control characters. `server`: the address that was called.
std::string Explain(const absl::Status& status, const std::string& server);

}  // namespace carillon::client
