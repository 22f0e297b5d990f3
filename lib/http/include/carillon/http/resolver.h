#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"

namespace carillon::http {

using Addresses = std::vector<boost::asio::ip::address>;
/// NOT_FOUND: no such host, or it has no address; UNAVAILABLE: the name servers did not answer, or
/// could not; RESOURCE_EXHAUSTED: this machine could not ask (descriptors, memory, a full queue).
using ResolveDone = absl::AnyInvocable<void(absl::StatusOr<Addresses>)>;

/// What the name servers answered, of a failed look-up: `NXDOMAIN`, `NODATA`, `SERVFAIL`,
/// `REFUSED`, `TIMEOUT` (they were silent), `NOTIMP`, `FORMERR`; `ERROR`: anything else.
std::string LookupCode(const absl::Status& failure);
/// `failure` with its code.
absl::Status WithLookupCode(absl::Status failure, std::string_view code);

/// How a look-up at the name servers ended: label `result` of the metric.
enum class LookupResult : uint8_t {
  kOk,
  kNotFound,
  kTimeout,  ///< the name servers were silent
  kError,    ///< they refused, failed, or sent nonsense
  kLocal,    ///< this machine's own shortage
};
inline constexpr int kLookupResultCount = 5;

struct ResolverOptions {
  /// `127.0.0.1:5353`, `[::1]:53`, `192.0.2.1`; none: those of `resolv_conf`.
  std::vector<std::string> servers;
  std::chrono::milliseconds timeout{1'500};  ///< for one answer; doubles with each round of servers
  int attempts = 2;                          ///< rounds over all name servers
  std::chrono::milliseconds ttl_min{5'000};  ///< an answer is used for its TTL within these
  std::chrono::milliseconds ttl_max{300'000};
  std::chrono::milliseconds negative_ttl{5'000};  ///< a failure is remembered for this long
  /// How long after its TTL an answer serves where the name servers are silent or fail.
  std::chrono::milliseconds stale{3'600'000};
  size_t max_cached = 100'000;  ///< names; one with many addresses counts as several
  size_t max_running = 1'000;   ///< look-ups under way, in all and for one tenant
  size_t max_running_per_tenant = 100;
  size_t max_waiting = 250'000;  ///< look-ups that wait for their turn
  std::string resolv_conf = "/etc/resolv.conf";
  std::string hosts_file = "/etc/hosts";
  // Called on the resolver's thread, if given.
  std::function<void(LookupResult)> on_lookup;
  std::function<void(size_t)> on_running;  ///< how many look-ups are under way
  std::function<void()> on_stale;          ///< an answer past its TTL was given
};

/// Host names to addresses: the seam between dialers and DNS. Thread-safe.
class Resolver {
 public:
  /// The resolver of this machine: /etc/hosts first, then the name servers, with a cache.
  ///
  /// Asks with c-ares on one thread of its own, which waits in epoll for all sockets: a look-up
  /// costs no thread, and the delivery threads' loops are not slowed by c-ares, which scans its
  /// queries and is used by one thread at a time. (Asio's loop would need every socket of c-ares
  /// assigned and released; epoll takes them as they come.)
  ///
  /// - Many who wait for one name share one look-up. Tenants take turns: the silent names of one
  ///   hold up none of another's, within `max_running` and `max_running_per_tenant`.
  /// - An answer is used for its TTL. After that a new look-up is waited for; where it takes longer
  ///   than 200 ms or fails, the old answer is given, for `stale` longer. Only "no such host" ends
  ///   it at once. A look-up goes on for the cache when nobody waits for it any more.
  /// - At most 256 addresses of a name are kept, each once, in the name server's order.
  /// - A change of `hosts_file` or `resolv_conf` is in force a second later.
  ///
  /// Destruction waits for no name server and answers the waiting ones UNAVAILABLE.
  static std::unique_ptr<Resolver> Create(const ResolverOptions& options, const base::Clock& clock);

  virtual ~Resolver() = default;
  /// Calls `done` exactly once: at once, on this thread, when the answer is known or `host` is an
  /// address; else on the resolver's thread. The caller keeps the deadline and posts to its own
  /// thread. `host` is as net::Url::host; `tenant` is whose look-up it is, empty for the
  /// operator's.
  virtual void Resolve(const std::string& host, const std::string& tenant, ResolveDone done) = 0;
};

}  // namespace carillon::http
