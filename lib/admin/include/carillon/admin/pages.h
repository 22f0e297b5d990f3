#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "carillon/admin/health.h"
#include "carillon/metrics/metrics.h"
#include "carillon/web/routes.h"

namespace carillon::admin {

/// The pages of the admin port:
///
///     /         what is here
///     /metrics  the Prometheus text format
///     /healthz  200 while the process can go on and no event loop hangs, else 503 and why
///     /readyz   200 while it takes events durably, else 503 and the reason
///     /pending  what `pending` answers, soon or later; 503 without one
///
/// `health` and `metrics` outlive it. Thread-safe, if `pending` is.
class Pages {
 public:
  using Pending = std::function<void(web::Responder)>;

  Pages(const Health& health, metrics::Metrics& metrics, Pending pending = nullptr)
      : sources_{health, metrics, std::move(pending)} {}

  /// For GET and HEAD. The pages outlive the routes.
  void AddTo(web::Routes& routes) const;
  /// Returns the page of that path, or 404; not /pending.
  web::Response Get(std::string_view path) const;

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
