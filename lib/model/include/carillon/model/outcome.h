#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace carillon::model {

/// How an attempt ended. Closed: metrics, the journal and docs name exactly these. The numbers are
/// stored; never renumber.
enum class Outcome : uint8_t {
  kSuccess = 0,
  kHttp3xx = 1,
  kHttp4xx = 2,
  kHttp429 = 3,
  kHttp5xx = 4,
  kConnectTimeout = 5,   ///< no connection (TLS included) within the connect time-out
  kResponseTimeout = 6,  ///< connected, but no whole response within the total time-out
  kDns = 7,              ///< the host name could not be resolved
  kConnectRefused = 8,
  kUnreachable = 9,  ///< no route to host or network
  kReset = 10,       ///< the connection broke before a whole response
  kTls = 11,         ///< handshake or certificate
  kProtocol = 12,    ///< the answer was not HTTP, or over a bound
  kCancelled = 13,   ///< given up by Carillon: shutdown, or the destination was removed
  kBlocked = 14,     ///< the guard does not let Carillon go there; nothing was sent
  /// This machine was short of something (descriptors, ports, memory, ...): nothing was sent, and
  /// nobody is to blame for it. It is no attempt.
  kLocalShortage = 15,
};

inline constexpr int kOutcomeCount = 16;

inline constexpr std::array<std::string_view, kOutcomeCount> kOutcomeNames = {
    "success",          "http_3xx",  "http_4xx",
    "http_429",         "http_5xx",  "connect_timeout",
    "response_timeout", "dns",       "connect_refused",
    "unreachable",      "reset",     "tls",
    "protocol",         "cancelled", "blocked",
    "local_shortage"};

/// The name that metrics, logs and docs use.
inline constexpr std::string_view OutcomeName(Outcome o) {
  return kOutcomeNames[static_cast<size_t>(o)];
}

/// Whether it says anything about the receiver: not where Carillon gave up by itself, or could not
/// even try.
inline constexpr bool SpeaksOfReceiver(Outcome o) {
  return o != Outcome::kCancelled && o != Outcome::kLocalShortage;
}

}  // namespace carillon::model
