#include "carillon/access/login_throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "carillon/base/text.h"

namespace carillon::access {
namespace {

/// 2^12 times the first wait is over any longest one.
constexpr int kMostDoublings = 12;

double MinutesBetween(base::MonoTime from, base::MonoTime to) {
  return std::max(0.0, std::chrono::duration<double, std::ratio<60>>(to - from).count());
}

}  // namespace

std::optional<std::chrono::nanoseconds> LoginThrottle::Wait(std::string_view address,
                                                            base::MonoTime now) const {
  const base::MutexLock lock(mutex_);
  const auto found = entries_.find(base::ToAbsl(address));
  if (found == entries_.end() || found->second.until <= now) return std::nullopt;
  return found->second.until - now;
}

std::optional<std::chrono::nanoseconds> LoginThrottle::Failed(std::string_view address,
                                                              base::MonoTime now) {
  const base::MutexLock lock(mutex_);
  auto [found, fresh] = entries_.try_emplace(std::string(address));
  Entry& entry = found->second;
  if (fresh) {
    entry.place = order_.insert(order_.end(), std::string(address));
  } else if (entry.until > now) {
    return entry.until - now;
  } else {
    order_.splice(order_.end(), order_, entry.place);
    // A wait is no time in which it behaved well.
    entry.failures -=
        MinutesBetween(std::max(entry.at, entry.until), now) * limits_.failures_per_minute;
    if (entry.failures <= 0) entry.waits = 0;
  }
  entry.failures = std::max(0.0, entry.failures) + 1;
  entry.at = now;
  if (entry.failures > limits_.failures_per_minute) {
    entry.failures = limits_.failures_per_minute;
    const int doublings = std::min(entry.waits++, kMostDoublings);
    entry.until = now + std::min(limits_.longest_wait, limits_.first_wait * (1 << doublings));
  }
  const auto wait = entry.until > now ? std::optional(entry.until - now) : std::nullopt;
  if (entries_.size() > limits_.max_addresses) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  return wait;
}

size_t LoginThrottle::addresses() const {
  const base::MutexLock lock(mutex_);
  return entries_.size();
}

std::string ThrottleKey(std::string_view address) {
  in6_addr bytes{};
  const std::string text(address);
  if (::inet_pton(AF_INET6, text.c_str(), &bytes) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) {
    std::array<char, INET_ADDRSTRLEN> v4{};
    ::inet_ntop(AF_INET, &bytes.s6_addr[12], v4.data(), v4.size());
    return v4.data();
  }
  std::memset(&bytes.s6_addr[8], 0, 8);
  std::array<char, INET6_ADDRSTRLEN> network{};
  ::inet_ntop(AF_INET6, &bytes, network.data(), network.size());
  return std::string(network.data()) + "/64";
}

}  // namespace carillon::access
