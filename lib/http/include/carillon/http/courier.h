#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "carillon/base/clock.h"
#include "carillon/http/tls.h"
#include "carillon/model/attempt_facts.h"
#include "carillon/model/authorization.h"
#include "carillon/model/outcome.h"
#include "carillon/net/url.h"

namespace carillon::http {

using EndpointId = uint32_t;

/// How to reach one destination.
struct EndpointOptions {
  net::Url url;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{15'000};
  uint32_t max_connections =
      32;  ///< more attempts than this at once wait their turn, clock running
  model::TlsSettings tls;
  /// Where the requests' bearer token comes from; for an authorizing courier (see `authorization`),
  /// passed over by others. It is null where there is no token.
  std::shared_ptr<const model::OAuth2Authorization> oauth2;
  std::string tenant;         ///< whose look-ups these are: tenants take turns at the resolver
  std::string label;          ///< for logs: whose endpoint it is
  TlsContextPtr tls_context;  ///< the courier's own: made from `tls`, what is given is passed over
};

/// Of a token, all bits but this are the caller's. Couriers that make requests of their own through
/// another set it in theirs, so that the two never meet.
inline constexpr uint64_t kCourierToken = uint64_t{1} << 63;

/// One POST. `head` is the complete request head up to and including the empty line
/// (Content-Length included); `body` follows it as it is.
struct Request {
  uint64_t token = 0;  ///< comes back with the result; without kCourierToken
  EndpointId endpoint = 0;
  std::string head;
  std::shared_ptr<const std::string> body;
  size_t keep_head_bytes = 0;                       ///< of the response's head, to be reported
  size_t keep_body_bytes = 0;                       ///< of its body, the same
  base::MonoTime must_end = base::MonoTime::max();  ///< where that is before the total time-out
};

/// What an attempt was at when it ended.
enum class Phase : uint8_t {
  kQueue,    ///< waited for a free connection
  kResolve,  ///< looked a name up
  kConnect,
  kProxy,  ///< waited for the proxy's answer to CONNECT
  kTls,    ///< shook hands
  kSend,
  kWait,  ///< all was sent; no byte of an answer came
  kHead,  ///< amid the answer's head
  kBody,  ///< the head was whole, or longer than is read
};

/// `resolve`, `tls`, ...: for logs.
std::string_view PhaseName(Phase phase);

/// How long the parts of an attempt took; kNone: it did not come to that. The part in which an
/// attempt ended counts up to its end. Look-ups, connections and handshakes are those that were
/// made for this attempt: one over a connection that was kept has none.
struct PhaseTimes {
  using Time = std::chrono::nanoseconds;
  static constexpr Time kNone{-1};
  Time dns = kNone;         ///< the proxy's name, too
  Time connect = kNone;     ///< the proxy's answer to CONNECT included
  Time tls = kNone;         ///< the handshake
  Time first_byte = kNone;  ///< from sending the request to the first byte of an answer
  Time body = kNone;        ///< from there to the end of the answer
};

/// Connections of a courier by what they do.
struct ConnectionCounts {
  size_t connecting = 0;  ///< sockets: more than one may race for a connection
  size_t busy = 0;
  size_t idle = 0;
};

/// How a POST ended on the wire.
struct Response {
  /// kSuccess: `status` stands; it is not yet judged. What became of the rest of the response, or
  /// of the time-out, or of a cancellation behind it, changes nothing. Otherwise one of
  /// kConnectTimeout, kResponseTimeout, kDns, kConnectRefused, kUnreachable, kReset, kTls,
  /// kProtocol, kCancelled, kBlocked, kLocalShortage, and `status` is 0.
  model::Outcome wire = model::Outcome::kSuccess;
  uint16_t status = 0;      ///< 200-999, from a head that came to its end or is over its bound
  std::string retry_after;  ///< the header's value, at most 64 bytes
  std::string head;         ///< its beginning as it came, what the request wanted kept of it
  std::string body;         ///< of its beginning, the same; may be cut off
  base::MonoTime started{};
  base::MonoTime ended{};
  std::string error;  ///< for logs: what failed, in words; empty when `status` stands
  Phase phase = Phase::kQueue;
  PhaseTimes times;
  /// `203.0.113.7:443`, whom the connection led to (the proxy, where there is one), or whom it was
  /// tried to reach last. It is null when there was nobody yet.
  std::shared_ptr<const std::string> peer;
  /// What is behind `wire` and `error`, for programs: the certificate, the look-up, what was
  /// blocked, the bound. Null where there is nothing of it.
  std::shared_ptr<const model::AttemptFacts> facts;
};

/// Told how attempts ended; on the courier's thread, from its event loop and never from within a
/// call of the courier. May call the courier in turn, but not destroy it.
class CourierListener {
 public:
  virtual ~CourierListener() = default;
  virtual void OnResponse(uint64_t token, const Response& response) = 0;
};

/// Performs attempts: name resolution, connection pools, TLS, HTTP/1.1. Decides nothing.
/// Every started attempt is reported exactly once, at the latest at its total time-out (give or
/// take 20 ms); only those under way when the courier is destroyed are not. Used on one thread, the
/// one that runs its I/O.
///
/// A kept-alive connection that turns out closed before any byte of an answer came is replaced
/// once, silently: nothing was answered, so the request is sent again on a fresh connection. So it
/// is when it brings a 408 that closes it: the receiver had waited for a request, and read none.
class Courier {
 public:
  virtual ~Courier() = default;
  /// The one who is told; set before the first `Start`.
  virtual void SetListener(CourierListener* listener) = 0;
  virtual EndpointId Open(const EndpointOptions& options) = 0;
  /// Attempts under way go on under the old options; later ones use the new.
  virtual void Update(EndpointId endpoint, const EndpointOptions& options) = 0;
  /// Attempts under way are reported kCancelled; so is what is started for it later.
  virtual void Close(EndpointId endpoint) = 0;
  virtual void Start(Request request) = 0;
  /// Reports every attempt under way as kCancelled.
  virtual void CancelAll() = 0;
  /// Returns the counts as of now; they are zero where there are no connections.
  virtual ConnectionCounts connections() const { return {}; }
};

}  // namespace carillon::http
