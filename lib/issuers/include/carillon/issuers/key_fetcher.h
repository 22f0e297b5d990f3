#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "carillon/access/jwk_set.h"
#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/http/resolver.h"

namespace carillon::issuers {

/// What a fetcher works with; pointers outlive it.
struct KeyFetcherOptions {
  const base::Clock* clock = nullptr;
  base::DescriptorBudget* connections = nullptr;  ///< bounds its connections, too; may be null
  http::ResolverOptions resolver;
  std::string user_agent;
  /// A set came from there. On the fetcher's thread.
  std::function<void(const std::string& url, access::JwkSet keys)> on_keys;
  /// A fetch ended; `error` is empty when a set came. On the fetcher's thread.
  std::function<void(const std::string& url, const std::string& error)> on_fetch;
};

/// Fetches key sets on a thread of its own ("key-sets"). The operator names the addresses, so the
/// guard that holds for destinations does not look at them, and no proxy stands between.
class KeyFetcher {
 public:
  static constexpr std::chrono::seconds kTimeout{10};  ///< of one fetch

  /// UNAVAILABLE and so on: TLS cannot be set up, as the system's authorities cannot be read.
  static absl::StatusOr<std::unique_ptr<KeyFetcher>> Create(KeyFetcherOptions options);
  /// As `Stop`.
  virtual ~KeyFetcher() = default;

  /// From now on these, which net::ParseUrl takes: new ones are fetched at once, others no more.
  /// Any thread.
  virtual void SetUrls(std::set<std::string> urls) = 0;
  /// A token is of a key that the set from there does not have. It does not wait. Any thread.
  virtual void Want(const std::string& url) = 0;
  /// Nothing is fetched or told any more. Once more does nothing.
  virtual void Stop() = 0;
};

}  // namespace carillon::issuers
