#pragma once

#include "carillon/admin/health.h"
#include "carillon/http/server.h"
#include "carillon/metrics/metrics.h"

namespace carillon::admin {

/// The pages of the admin port, for GET and HEAD (whose body the server leaves out):
///
///     /         what is here
///     /metrics  the Prometheus text format
///     /healthz  200 while the process can go on, else 503 and the reason
///     /readyz   200 while it serves, else 503 and the reason
///
/// Another path is answered with 404, another method with 405; a query is ignored.
///
/// `health` and `metrics` outlive it. Thread-safe.
class Pages {
 public:
  Pages(const Health& health, metrics::Metrics& metrics) : health_(health), metrics_(metrics) {}

  http::ServerReply Handle(const http::ServerRequest& request) const;

 private:
  const Health& health_;
  metrics::Metrics& metrics_;
};

}  // namespace carillon::admin
