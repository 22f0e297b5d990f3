#include "key_schedule.h"

#include <algorithm>

namespace carillon::issuers {
namespace {

/// 2^5 times the first wait is over the longest one.
constexpr int kMostDoublings = 5;

}  // namespace

void KeySchedule::Begin(base::MonoTime now) {
  running_ = true;
  begun_ = now;
}

void KeySchedule::End(bool ok, base::MonoTime now) {
  running_ = false;
  if (ok) {
    failures_ = 0;
    due_ = now + kInterval;
    return;
  }
  const std::chrono::seconds wait = kFirstRetry * (1 << std::min(failures_++, kMostDoublings));
  due_ = now + std::min(wait, kInterval);
}

void KeySchedule::Want(base::MonoTime now) {
  if (running_) return;
  const bool is_first = begun_ == base::MonoTime::min();
  due_ = std::min(due_, is_first ? now : std::max(now, begun_ + kLeastInterval));
}

}  // namespace carillon::issuers
