#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "carillon/access/authenticator.h"
#include "carillon/access/jwt.h"
#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/http/resolver.h"
#include "carillon/issuers/key_fetcher.h"
#include "carillon/log/log.h"
#include "carillon/metrics/metrics.h"

namespace carillon::server {

/// Brings the key sets that issuers publish to the authenticator; its thread begins when an issuer
/// has a URL. Used on one thread after another; what it is given outlives it.
class KeySets {
 public:
  KeySets(access::Authenticator& authenticator, base::DescriptorBudget& connections,
          const base::Clock& clock, log::Logger& logger)
      : authenticator_(authenticator), connections_(connections), clock_(clock), logger_(logger) {}
  ~KeySets() { Stop(); }

  /// Once, before `Set`, and before the authenticator's first call.
  void Start(metrics::Metrics& metrics, http::ResolverOptions resolver);
  /// From now on the sets of these are fetched.
  void Set(const std::vector<access::JwtIssuer>& issuers);
  /// Nothing is fetched any more. Before what it was given ends.
  void Stop();

 private:
  /// Null, and logged, when it cannot be made.
  std::unique_ptr<issuers::KeyFetcher> MakeFetcher();

  access::Authenticator& authenticator_;
  base::DescriptorBudget& connections_;
  const base::Clock& clock_;
  log::Logger& logger_;
  metrics::Metrics* metrics_ = nullptr;
  http::ResolverOptions resolver_;
  std::unique_ptr<issuers::KeyFetcher> fetcher_;      ///< null: no issuer has had a URL yet
  std::atomic<issuers::KeyFetcher*> asked_{nullptr};  ///< the same, for callers
};

}  // namespace carillon::server
