#include "carillon/access/publish_quota.h"

#include <algorithm>

namespace carillon::access {

// Of less than one event a second, one can still be sent at once.
double PublishQuota::Left::Full() const { return std::max(1.0, per_second); }

void PublishQuota::Left::Refill(double seconds) {
  now = std::min(Full(), now + seconds * per_second);
}

double PublishQuota::Left::Wait() const {
  return per_second == 0 || now > 0 ? 0 : std::max(1e-3, -now / per_second);
}

PublishQuota::PublishQuota(const PublishRate& rate, base::MonoTime now)
    : events_{.per_second = rate.events_per_second},
      bytes_{.per_second = static_cast<double>(rate.bytes_per_second)},
      at_(now) {
  events_.now = events_.Full();
  bytes_.now = bytes_.Full();
}

void PublishQuota::Refill(base::MonoTime now) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - at_).count());
  at_ = std::max(at_, now);
  events_.Refill(seconds);
  bytes_.Refill(seconds);
}

std::optional<std::chrono::nanoseconds> PublishQuota::Wait(base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  Refill(now);
  const double wait = std::max(events_.Wait(), bytes_.Wait());
  if (wait == 0) return std::nullopt;
  return std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(wait));
}

void PublishQuota::Charge(uint64_t events, uint64_t bytes, base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  Refill(now);
  if (events_.per_second > 0) events_.now -= static_cast<double>(events);
  if (bytes_.per_second > 0) bytes_.now -= static_cast<double>(bytes);
}

bool PublishQuota::IsFull(base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  Refill(now);
  return events_.now >= events_.Full() && bytes_.now >= bytes_.Full();
}

}  // namespace carillon::access
