#include "carillon/log/limiter.h"

#include <algorithm>
#include <utility>

#include "carillon/base/text.h"

namespace carillon::log {
namespace {

constexpr size_t kMaxLimitKeyBytes = 256;

}  // namespace

std::optional<uint64_t> Limiter::Allow(std::string_view key, base::MonoTime now,
                                       std::chrono::nanoseconds interval) {
  const base::MutexLock lock(mutex_);
  Entry& entry = Find(key.substr(0, kMaxLimitKeyBytes), now);
  if (now < entry.next) {
    ++entry.suppressed;
    return std::nullopt;
  }
  entry.next = now + interval;
  earliest_ = std::min(earliest_, entry.next);
  return std::exchange(entry.suppressed, 0);
}

Limiter::Entry& Limiter::Find(std::string_view key, base::MonoTime now) {
  if (const auto found = entries_.find(base::ToAbsl(key)); found != entries_.end()) {
    return found->second;
  }
  if (entries_.size() >= max_keys_ && now >= earliest_) DropExpired(now);
  if (entries_.size() >= max_keys_) return shared_;
  return entries_[std::string(key)];
}

void Limiter::DropExpired(base::MonoTime now) {
  earliest_ = base::MonoTime::max();
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->second.next <= now) {
      shared_.suppressed += it->second.suppressed;  // still told of, by the next shared line
      entries_.erase(it++);
    } else {
      earliest_ = std::min(earliest_, it->second.next);
      ++it;
    }
  }
}

}  // namespace carillon::log
