#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"

namespace carillon::http {

using Addresses = std::vector<boost::asio::ip::address>;
/// NOT_FOUND: no such host; UNAVAILABLE: the name servers did not answer; RESOURCE_EXHAUSTED: too
/// many look-ups wait.
using ResolveDone = absl::AnyInvocable<void(absl::StatusOr<Addresses>)>;

/// Looks a host up and blocks until that ended. Called on several threads.
using Lookup = std::function<absl::StatusOr<Addresses>(const std::string& host)>;

struct ResolverOptions {
  int threads = 2;
  std::chrono::milliseconds ttl{30'000};          ///< an answer is used for this long
  std::chrono::milliseconds negative_ttl{5'000};  ///< a failure too
  size_t max_cached = 100'000;
  size_t max_waiting = 10'000;  ///< look-ups under way or queued
};

/// Host names to addresses, by the system's resolver on a few threads of its own, with a cache.
/// Thread-safe. Many waiting for one name share one look-up. Addresses come in the system's order,
/// each once.
///
/// Destruction waits for the look-ups under way (a system look-up can't be interrupted) and answers
/// the waiting ones UNAVAILABLE.
class Resolver {
 public:
  static std::unique_ptr<Resolver> Create(const ResolverOptions& options, const base::Clock& clock);
  /// With `lookup` in place of the system's resolver.
  static std::unique_ptr<Resolver> Create(const ResolverOptions& options, const base::Clock& clock,
                                          Lookup lookup);
  virtual ~Resolver() = default;
  /// Calls `done` exactly once: at once, on this thread, when the answer is cached or `host` is
  /// an address; else on a resolver thread. The caller keeps the deadline and posts to its own
  /// thread.
  virtual void Resolve(const std::string& host, ResolveDone done) = 0;
};

}  // namespace carillon::http
