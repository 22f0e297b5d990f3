#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carillon/log/log.h"
#include "carillon/tracing/span.h"
#include "carillon/tracing/transport.h"

namespace carillon::tracing {

struct TracerOptions {
  double sample_ratio = 1;                    ///< of traces that begin here
  size_t max_queue = 8'192;                   ///< spans that wait or are being sent
  size_t max_batch = 512;                     ///< spans of one request
  std::chrono::milliseconds interval{1'000};  ///< a span waits at most about this long to be sent
  std::chrono::milliseconds timeout{10'000};  ///< of one request
  int attempts = 5;                           ///< of one request, before its spans are dropped
  std::chrono::milliseconds backoff{1'000};   ///< before the second attempt; doubles
  std::chrono::milliseconds grace{2'000};     ///< for what is left at the end
  /// Of the process: `service.name` and others.
  std::vector<std::pair<std::string, std::string>> resource;
  std::string version;  ///< of the program
};

/// Takes spans and exports them. Thread-safe. Nobody who records waits: not for the collector, not
/// for the encoding, only for the moment in which another thread puts a span into the queue.
///
/// A request that may be tried again is, up to `attempts` times; meanwhile the queue fills, and
/// past `max_queue` spans are dropped. The destructor sends what is left, within `grace`, and ends
/// the thread.
class Tracer {
 public:
  struct Stats {
    uint64_t exported = 0;  ///< taken by the collector
    uint64_t dropped = 0;   ///< no room, or the collector could not be reached
    uint64_t rejected = 0;  ///< by the collector
  };

  /// `logger` outlives it.
  static std::unique_ptr<Tracer> Start(TracerOptions options,
                                       std::unique_ptr<SpanTransport> transport,
                                       log::Logger& logger);
  virtual ~Tracer() = default;

  virtual double sample_ratio() const = 0;
  virtual void Record(Span span) = 0;
  virtual Stats stats() const = 0;
};

}  // namespace carillon::tracing
