#include "carillon/policy/failing_stretch.h"

#include <algorithm>
#include <limits>

namespace carillon::policy {

using std::chrono::nanoseconds;

nanoseconds LongestGap(const model::Destination& destination) {
  nanoseconds longest = std::chrono::hours(1);
  const auto& failing_for = destination.disabling.failing_for;
  if (failing_for) longest = std::max<nanoseconds>(longest, *failing_for / 4);
  const auto& breaker = destination.breaker;
  return breaker ? std::max<nanoseconds>(longest, 2 * breaker->max_delay) : longest;
}

bool FailingStretch::Broken(nanoseconds longest_gap, base::MonoTime now, nanoseconds offset) const {
  const nanoseconds step = offset - offset_;
  return now - last_ > longest_gap || step > kStep || step < -kStep;
}

void FailingStretch::OnResult(model::Outcome outcome, nanoseconds longest_gap, base::MonoTime now,
                              base::WallTime wall) {
  if (!model::SpeaksOfReceiver(outcome)) return;
  if (outcome == model::Outcome::kSuccess) return Reset();
  const nanoseconds offset = wall.time_since_epoch() - now.time_since_epoch();
  if (failures_ > 0 && Broken(longest_gap, now, offset)) failures_ = 0;
  if (failures_ == 0) {
    since_ = wall;
    first_ = now;
  }
  if (failures_ < std::numeric_limits<uint32_t>::max()) ++failures_;
  last_ = now;
  offset_ = offset;
}

nanoseconds FailingStretch::length() const {
  return failures_ > 0 ? last_ - first_ : nanoseconds(0);
}

std::optional<base::WallTime> FailingStretch::since() const {
  return failures_ > 0 ? std::optional(since_) : std::nullopt;
}

}  // namespace carillon::policy
