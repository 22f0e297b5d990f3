#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "carillon/admin/health.h"
#include "carillon/web/routes.h"

namespace carillon::admin {

/// The pages of the admin port:
///
///     /         what is here
///     /metrics  what `metrics` answers, soon: the Prometheus text format; 503 without one
///     /healthz  200 while the process can go on and no event loop hangs, else 503 and why
///     /readyz   200 while it takes events durably, else 503 and the reason
///     /pending  what `pending` answers, soon or later; 503 without one
///
/// `health` outlives it. Thread-safe, if `metrics` and `pending` are.
class Pages {
 public:
  /// A page that is answered at once or later.
  using Later = std::function<void(web::Responder)>;

  explicit Pages(const Health& health, Later metrics = nullptr, Later pending = nullptr)
      : sources_{health, std::move(metrics), std::move(pending)} {}

  /// For GET and HEAD. The pages outlive the routes.
  void AddTo(web::Routes& routes) const;
  /// Returns the page of that path, or 404; not those that are answered later.
  web::Response Get(std::string_view path) const;

 private:
  friend struct PageMakers;
  struct Sources {
    const Health& health;
    Later metrics;
    Later pending;
  };

  const Sources sources_;
};

}  // namespace carillon::admin
