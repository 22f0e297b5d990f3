#pragma once

#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/attempt_facts.h"

namespace carillon::delivery {

/// What programs are told of an attempt at `url` that ended with `response`: what the courier found
/// out, and what the response asked for, at `now`. Where a 3xx leads is read from the part of its
/// head that was kept; a path alone (`/v2`) is one at the host of `url`. Pure.
model::AttemptFacts FactsOf(const http::Response& response, std::string_view url,
                            base::WallTime now);

}  // namespace carillon::delivery
