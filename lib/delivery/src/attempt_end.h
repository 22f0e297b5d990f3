#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "carillon/base/clock.h"
#include "carillon/http/courier.h"
#include "carillon/model/outcome.h"

namespace carillon::delivery {

/// How an attempt ended, and when: the clocks are read once for all who record it. Holds for as
/// long as the response.
struct AttemptEnd {
  AttemptEnd(const base::Clock& clock, model::Outcome of, const http::Response& answer)
      : response(answer),
        outcome(of),
        seen(clock.Wall()),
        seen_mono(clock.Mono()),
        started(seen - (seen_mono - answer.started)),
        us(Micros(answer.ended - answer.started)) {}

  base::WallTime ended() const { return started + std::chrono::microseconds(us); }

  const http::Response& response;
  model::Outcome outcome;    ///< as it was judged
  base::WallTime seen;       ///< when the dispatcher was told
  base::MonoTime seen_mono;  ///< the same
  base::WallTime started;
  uint32_t us;  ///< how long it took

 private:
  static uint32_t Micros(std::chrono::nanoseconds took) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    return static_cast<uint32_t>(std::clamp<int64_t>(us, 0, UINT32_MAX));
  }
};

}  // namespace carillon::delivery
