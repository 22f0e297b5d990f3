#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <variant>

#include "carillon/aip/list_filter.h"
#include "carillon/base/clock.h"

namespace carillon::control {

/// Times that a filter lets through: from `from` on, and before `to`.
struct TimeBounds {
  std::optional<base::WallTime> from;
  std::optional<base::WallTime> to;

  /// Leaves out what does not fulfill the restriction, which is one of a time.
  void Narrow(const aip::Restriction& restriction) {
    using Op = aip::Restriction::Op;
    const auto* moment = std::get_if<aip::Moment>(&restriction.value);
    if (moment == nullptr) return;
    const base::WallTime time = ToWall(*moment);
    const base::WallTime behind = time + std::chrono::nanoseconds(1);
    const Op op = restriction.op;
    if (op == Op::kGreater || op == Op::kGreaterEqual || op == Op::kEqual) {
      from = std::max(from.value_or(time), time);
    }
    if (op == Op::kLess || op == Op::kLessEqual || op == Op::kEqual) {
      to = std::min(to.value_or(behind), behind);
    }
  }

 private:
  static base::WallTime ToWall(const aip::Moment& moment) {
    // What a WallTime cannot hold is before, or behind, everything.
    const int64_t seconds = std::clamp<int64_t>(moment.seconds, -9'000'000'000, 9'000'000'000);
    return base::WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(moment.nanos));
  }
};

}  // namespace carillon::control
