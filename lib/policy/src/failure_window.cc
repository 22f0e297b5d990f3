#include "carillon/policy/failure_window.h"

#include <algorithm>

namespace carillon::policy {

void FailureWindow::Clear() {
  buckets_.reset();
  attempts_ = 0;
  failures_ = 0;
}

void FailureWindow::MoveTo(int64_t slot) {
  const int64_t first = std::max(slot_ + 1, slot - kBuckets + 1);
  for (int64_t left = first; left <= slot; ++left) {
    Bucket& bucket = Of(left);
    attempts_ -= bucket.attempts;
    failures_ -= bucket.failures;
    bucket = {};
  }
  slot_ = slot;
}

void FailureWindow::Count(std::chrono::milliseconds window, bool failed, base::MonoTime now) {
  const std::chrono::nanoseconds width = std::chrono::nanoseconds(window) / kBuckets;
  if (width != width_) {
    Clear();
    width_ = width;
    slot_ = now.time_since_epoch() / width;
  }
  if (!buckets_) buckets_ = std::make_unique<std::array<Bucket, kBuckets>>();
  MoveTo(now.time_since_epoch() / width);
  Bucket& bucket = Of(slot_);
  ++bucket.attempts;
  ++attempts_;
  if (!failed) return;
  ++bucket.failures;
  ++failures_;
}

}  // namespace carillon::policy
