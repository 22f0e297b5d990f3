#include "counter.h"

#include <algorithm>
#include <chrono>

namespace carillon::statistics {
namespace {

int64_t MinuteAt(base::WallTime time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

int64_t HourOf(int64_t minute) {
  return std::chrono::floor<std::chrono::hours>(std::chrono::minutes(minute)).count();
}

}  // namespace

void Counter::Add(const Entry& entry) {
  const uint32_t subject = subjects_.Of(entry.tenant, entry.destination, entry.uid);
  if (!entry.destination.empty() && subjects_.Get(subject).subject.destination.empty()) {
    ++no_subject_;
  }
  ++entries_;
  Cell& cell = cells_[{MinuteAt(entry.at), subject}];
  if (entry.outcome) ++cell.attempts[static_cast<size_t>(*entry.outcome)];
  cell.delivered += entry.delivered;
  cell.dead += entry.dead;
  cell.sent_bytes += entry.sent_bytes;
  cell.accepted += entry.accepted;
  if (!entry.responded) return;
  cell.latency.Add(entry.duration_us);
  cell.max_us = std::max(cell.max_us, entry.duration_us);
}

Cells Counter::Sums() {
  Cells sums;
  for (const auto& [at, cell] : cells_) {
    for (uint32_t subject = at.second; subject != 0; subject = subjects_.Get(subject).sum) {
      sums[{at.first, subject}].Merge(cell);
      subjects_.Touch(subject, HourOf(at.first));
    }
  }
  return sums;
}

void Counter::Clear() {
  cells_.clear();
  entries_ = 0;
  no_subject_ = 0;
}

}  // namespace carillon::statistics
