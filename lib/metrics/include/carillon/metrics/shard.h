#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "carillon/metrics/plain.h"

namespace carillon::metrics {

/// A part of an attempt: label `phase` of `carillon_attempt_phase_seconds`.
enum class AttemptPhase : uint8_t {
  kDns,        ///< the names of the destination and the proxy, what the cache answers included
  kConnect,    ///< until a connection stands; through a proxy, until it has answered CONNECT
  kTls,        ///< the handshake
  kFirstByte,  ///< from the sending of the request to the first byte of an answer
  kBody,       ///< from there to the end of the answer
};
inline constexpr size_t kAttemptPhaseCount = 5;

/// What a connection to a destination does: label `state` of `carillon_destination_connections`.
enum class ConnectionState : uint8_t {
  kConnecting,  ///< is being made; sockets that race for one connection count each
  kBusy,        ///< carries an attempt
  kIdle,
};
inline constexpr size_t kConnectionStateCount = 3;

/// Event types that have series of their own; the others share a place, the one behind these.
inline constexpr size_t kTypePlaces = 100;

/// What one delivery thread counts of all its destinations together. Written by that thread,
/// read by scrapes: nothing locked, nothing looked up, nothing allocated.
struct ShardMetrics {
  static constexpr int64_t kNothingDue = INT64_MAX;

  ShardMetrics();

  PlainHistogram first_attempt;  ///< from acceptance to the start of the first attempt
  std::array<PlainHistogram, kAttemptPhaseCount> phases;
  /// By the place of the event's type, see Metrics::PlaceOfType.
  std::array<PlainCounter, kTypePlaces + 1> created;   ///< deliveries
  std::array<PlainCounter, kTypePlaces + 1> unrouted;  ///< events that nobody wants
  std::array<std::atomic<int64_t>, kConnectionStateCount> connections{};
  /// When the retry that is to go next should go, or should have gone (MonoTime, ns).
  std::atomic<int64_t> retry_due_ns{kNothingDue};
};

}  // namespace carillon::metrics
