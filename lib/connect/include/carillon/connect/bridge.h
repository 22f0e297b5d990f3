#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "carillon/base/clock.h"
#include "carillon/guard/network.h"
#include "carillon/web/routes.h"

namespace grpc {
class Channel;
}

namespace carillon::connect {

/// What calls by HTTP may take of the process.
struct Bounds {
  size_t max_calls = 64;    ///< under way at once; one more is answered with RESOURCE_EXHAUSTED
  size_t max_streams = 32;  ///< as above, of methods that stream
  size_t max_message_bytes = 8u << 20;  ///< of a request, before and after it is expanded
  size_t max_held_bytes = 64u << 20;    ///< of the requests of all calls under way
  /// The longest that a call may take, and how long one may that asks for nothing else. Streams
  /// have no bound but what their caller asks for.
  std::chrono::milliseconds max_timeout{30'000};
};

/// The HTTP face of the gRPC services of this process: the Connect protocol
/// (https://connectrpc.com/docs/protocol), unary calls and server streams, as JSON and as binary
/// protobuf. `POST /package.Service/Method`, and GET for methods with
/// `idempotency_level = NO_SIDE_EFFECTS`.
///
/// It is generic: it knows methods by their descriptors and calls them over a channel, so that a
/// service has one implementation, one validation and one text for each error. Its own are the
/// strict reading of JSON and the bounds.
///
/// Requests come on the web server's thread, where only their heads are looked at. A thread of its
/// own ("json", with a lower priority) converts messages and waits for gRPC's completions: however
/// much is called here, it takes one core at most, and no connection of a publisher is served by
/// it. Made, started and stopped on one thread after another.
class Bridge {
 public:
  /// `clock` outlives it.
  static std::unique_ptr<Bridge> Create(const base::Clock& clock, const Bounds& bounds = {});
  /// As `Stop`.
  virtual ~Bridge() = default;

  /// Adds the routes of all services there may be (`/carillon.*`, `/grpc.*`). The bridge outlives
  /// the server that has them, or is stopped before it is destroyed.
  virtual void AddTo(web::Routes& routes) = 0;
  /// Serves `services` (full names) from now on, which `channel` leads to. Until then every call is
  /// answered with UNAVAILABLE. NOT_FOUND names a service whose descriptor is not linked in. Once.
  virtual absl::Status Start(std::shared_ptr<grpc::Channel> channel,
                             const std::vector<std::string>& services) = 0;
  /// From now on X-Forwarded-For of these is believed: for the audit log, and for slowing failed
  /// logins. Any thread.
  virtual void SetTrustedProxies(std::vector<guard::Network> proxies) = 0;
  /// From now on every new call is answered with UNAVAILABLE; those under way go on. Before the
  /// gRPC server is shut down: a call that begins on its channel afterwards would end the process.
  /// Not while it is started.
  virtual void Refuse() = 0;
  /// Refuses, cancels what is still under way, answers it with UNAVAILABLE, and ends the thread.
  /// Once more does nothing.
  virtual void Stop() = 0;
};

}  // namespace carillon::connect
