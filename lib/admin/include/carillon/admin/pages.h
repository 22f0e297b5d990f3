#pragma once

#include <functional>
#include <utility>

#include "carillon/admin/health.h"
#include "carillon/http/server.h"
#include "carillon/metrics/metrics.h"

namespace carillon::admin {

/// The pages of the admin port, for GET and HEAD (whose body the server leaves out):
///
///     /         what is here
///     /metrics  the Prometheus text format
///     /healthz  200 while the process can go on and no event loop hangs, else 503 and why
///     /readyz   200 while it takes events durably, else 503 and the reason
///     /pending  what `pending` answers; 503 without one
///
/// Another path is answered with 404, another method with 405; a query is ignored.
///
/// `health` and `metrics` outlive it. Thread-safe, if `pending` is.
class Pages {
 public:
  using Pending = std::function<http::ServerReply()>;

  Pages(const Health& health, metrics::Metrics& metrics, Pending pending = nullptr)
      : sources_{health, metrics, std::move(pending)} {}

  http::ServerReply Handle(const http::ServerRequest& request) const;

 private:
  friend struct PageMakers;
  struct Sources {
    const Health& health;
    metrics::Metrics& metrics;
    Pending pending;
  };

  const Sources sources_;
};

}  // namespace carillon::admin
