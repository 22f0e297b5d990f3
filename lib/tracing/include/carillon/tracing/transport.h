#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/model/destination.h"
#include "carillon/model/tls_settings.h"
#include "carillon/net/url.h"

namespace carillon::tracing {

/// What became of a request to the collector.
struct Sent {
  absl::Status status;    ///< OK when it was taken
  bool retry = false;     ///< when it was not: whether it may be, later
  uint64_t rejected = 0;  ///< spans that the collector did not want though it took the rest
};

/// Carries encoded spans to a collector. `Send` is called on one thread, `Cancel` on any.
class SpanTransport {
 public:
  virtual ~SpanTransport() = default;
  /// `request` is an ExportTraceServiceRequest. Blocks until it is answered, at most `timeout`.
  virtual Sent Send(const std::string& request, std::chrono::milliseconds timeout) = 0;
  /// Ends a `Send` that is under way soon; later ones fail at once.
  virtual void Cancel() = 0;
};

/// Where spans go.
struct Collector {
  net::Url url;
  std::vector<model::Header> headers;  ///< fit to be written into a head
  model::TlsSettings tls;              ///< checked; for https
  std::string user_agent;
  std::chrono::milliseconds timeout{10'000};
};

/// A transport that another takes the place of while spans go on: the new one carries what is sent
/// after `Replace`, and the old one ends then. Thread-safe.
class ReplaceableTransport : public SpanTransport {
 public:
  static std::unique_ptr<ReplaceableTransport> Create(std::unique_ptr<SpanTransport> first);
  virtual void Replace(std::unique_ptr<SpanTransport> next) = 0;
};

/// By OTLP/HTTP with protobuf bodies: POSTs to the URL. The address is the operator's business: no
/// guard looks at it. Trusts the system's authorities, or those of `tls`. `clock` outlives it.
absl::StatusOr<std::unique_ptr<SpanTransport>> MakeHttpTransport(const Collector& collector,
                                                                 const base::Clock& clock);

}  // namespace carillon::tracing
