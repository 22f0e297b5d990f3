#pragma once

#include <memory>
#include <optional>
#include <string>

#include "carillon/http/courier.h"
#include "carillon/model/outcome.h"
#include "token_state.h"

namespace carillon::authorization {

/// What a token server's answer comes to: a token, or how and why there is none.
struct TokenAnswer {
  std::optional<Token> token;
  model::Outcome outcome = model::Outcome::kSuccess;  ///< not kSuccess without a token
  std::string error;                                  ///< in words; repeats nothing secret
  /// Those of the token server's response, or null.
  std::shared_ptr<const model::AttemptFacts> facts;
};

/// RFC 6749, sections 5.1 and 5.2. A token has at most 8 KiB; its lifetime is 5 min where the
/// answer tells none, and counts as a day where it tells more.
TokenAnswer ReadTokenAnswer(const http::Response& response);

}  // namespace carillon::authorization
