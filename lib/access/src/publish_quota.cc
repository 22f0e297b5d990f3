#include "carillon/access/publish_quota.h"

#include <algorithm>

namespace carillon::access {

void PublishQuota::Left::Refill(double seconds) {
  // Of less than one event a second, one can still be sent at once.
  now = std::min(std::max(1.0, per_second), now + seconds * per_second);
}

double PublishQuota::Left::Wait() const {
  return per_second == 0 || now > 0 ? 0 : std::max(1e-3, -now / per_second);
}

PublishQuota::PublishQuota(const PublishRate& rate, base::MonoTime now)
    : events_{.per_second = rate.events_per_second},
      bytes_{.per_second = static_cast<double>(rate.bytes_per_second)},
      at_(now) {
  events_.now = std::max(1.0, events_.per_second);
  bytes_.now = std::max(1.0, bytes_.per_second);
}

std::optional<std::chrono::nanoseconds> PublishQuota::Take(uint64_t events, uint64_t bytes,
                                                           base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - at_).count());
  at_ = std::max(at_, now);
  events_.Refill(seconds);
  bytes_.Refill(seconds);
  const double wait = std::max(events_.Wait(), bytes_.Wait());
  if (wait > 0)
    return std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(wait));
  if (events_.per_second > 0) events_.now -= static_cast<double>(events);
  if (bytes_.per_second > 0) bytes_.now -= static_cast<double>(bytes);
  return std::nullopt;
}

}  // namespace carillon::access
