#pragma once

#include "carillon/admin/health.h"
#include "carillon/http/server.h"
#include "carillon/metrics/metrics.h"

namespace carillon::admin {

/// The pages of the admin port, GET and HEAD:
///   /         what is here
///   /metrics  the Prometheus text format
///   /healthz  200 while the process can go on, else 503 and the reason
///   /readyz   200 while it serves, else 503 and the reason
/// Anything else is 404, any other method 405 with `Allow` named in the body's text.
///
/// Holds references: `health` and `metrics` outlive it. Thread-safe.
class Pages {
 public:
  Pages(const Health& health, metrics::Metrics& metrics) : health_(health), metrics_(metrics) {}

  http::ServerReply Handle(const http::ServerRequest& request) const;

 private:
  const Health& health_;
  metrics::Metrics& metrics_;
};

}  // namespace carillon::admin
