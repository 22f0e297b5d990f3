#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/http/courier.h"
#include "carillon/http/local_shortage.h"
#include "carillon/http/resolver.h"
#include "carillon/http/tls.h"
#include "carillon/net/egress.h"

namespace carillon::http {

/// How a TLS handshake ended, shortages of this machine aside.
enum class HandshakeResult : uint8_t {
  kOk,       ///< a new session
  kResumed,  ///< the session of an earlier connection
  kFailed,   ///< certificate, protocol, alert, or the connection broke
  kTimeout,
};
inline constexpr int kHandshakeResultCount = 4;

/// Bounds that hold for every endpoint.
struct CourierOptions {
  std::chrono::milliseconds idle_connection{30'000};  ///< an idle connection is closed after this
  /// A connection carries no request that starts later than this after it was dialled, so that what
  /// its name leads to is looked at again; a request under way ends first.
  std::chrono::milliseconds max_connection_age{60'000};
  size_t max_head_bytes = 64 * 1024;  ///< more: judged by its status, connection closed
  /// Read and dropped, with all that the chunked coding adds; more: as above.
  size_t max_body_bytes = 16 * 1024;
  /// Where connections may go, and through what; outlives the courier. When null, a default one.
  const net::EgressSwitch* egress = nullptr;
  /// Called on the courier's thread for each address or port that the guard refuses, if given.
  std::function<void()> on_blocked;
  /// Called on the courier's thread for each handshake that ended, if given.
  std::function<void(HandshakeResult)> on_handshake;
  /// Bounds the connections of all couriers that share it, those being made included; outlives
  /// them. When it is null, there is no bound but each endpoint's own.
  base::DescriptorBudget* descriptors = nullptr;
  /// Called on the courier's thread, if given.
  OnShortage on_shortage;
  /// What times are told and deadlines are kept by; outlives the courier. When it is null, the
  /// system's.
  const base::Clock* clock = nullptr;
};

/// The courier on Asio sockets. `io`, `resolver` and `tls` must outlive it; destroy it while no
/// thread runs `io`, or on the thread that does.
std::unique_ptr<Courier> MakeAsioCourier(boost::asio::io_context& io, Resolver& resolver,
                                         TlsClient& tls, const CourierOptions& options);

}  // namespace carillon::http
