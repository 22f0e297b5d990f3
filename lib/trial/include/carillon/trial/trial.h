#pragma once

#include <memory>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/destination.h"
#include "carillon/model/event.h"
#include "carillon/model/outcome.h"
#include "carillon/net/egress.h"

namespace carillon::trial {

/// One event for one destination. A value.
struct Trial {
  std::shared_ptr<const model::Destination> destination;
  model::EventPtr event;
  net::Egress egress;  ///< where it may go, and through what
  /// Where that is before the destination's own timeouts.
  base::MonoTime must_end = base::MonoTime::max();
};

/// What came of it.
struct TrialResult {
  model::Outcome outcome = model::Outcome::kCancelled;
  base::WallTime started{};
  http::Request request;    ///< as it was sent, secrets included
  http::Response response;  ///< with its head and the beginning of its body
  /// It was given less time than the destination gives an attempt.
  bool cut_short = false;
};

}  // namespace carillon::trial
