#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::access {

/// Failed logins by address: so many a minute are answered, then the address waits, each time
/// longer while it goes on. Holds at most `max_addresses`; the one that failed longest ago is
/// forgotten first. Thread-safe.
class LoginThrottle {
 public:
  struct Limits {
    double failures_per_minute = 10;  ///< and at once
    std::chrono::seconds first_wait{10};
    std::chrono::seconds longest_wait{600};
    size_t max_addresses = 10'000;
  };

  explicit LoginThrottle(const Limits& limits) : limits_(limits) {}

  /// How long logins from there have to wait; nullopt: they need not. Successful ones with a token
  /// need not ask: a token cannot be guessed.
  std::optional<std::chrono::nanoseconds> Wait(std::string_view address, base::MonoTime now) const;
  /// A login from there failed. Returns how long the next has to wait, as `Wait`.
  std::optional<std::chrono::nanoseconds> Failed(std::string_view address, base::MonoTime now);

  size_t addresses() const;

 private:
  struct Entry {
    double failures = 0;  ///< lately
    base::MonoTime at;    ///< of the last failure
    base::MonoTime until;
    int waits = 0;  ///< in a row
    std::list<std::string>::iterator place;
  };

  const Limits limits_;
  mutable base::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::list<std::string> order_ ABSL_GUARDED_BY(mutex_);  ///< who failed last comes last
};

/// Who is throttled together: an IPv4 address, the first 64 bits of an IPv6 one, as a text; other
/// texts stay as they are.
std::string ThrottleKey(std::string_view address);

}  // namespace carillon::access
