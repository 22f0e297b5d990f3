#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/access/authenticator.h"
#include "carillon/access/jwt.h"
#include "carillon/access/token_secret.h"
#include "carillon/base/clock.h"
#include "carillon/base/mutex.h"

namespace carillon::access {

/// Who calls by JSON Web Tokens: those that were verified are remembered by their hash until they
/// end, kMaxKnown at most, so that a signature is verified once. Thread-safe.
class JwtCallers {
 public:
  static constexpr size_t kMaxKnown = 10'000;
  using CallerPtr = std::shared_ptr<Authenticator::Caller>;
  using IssuersPtr = std::shared_ptr<const std::vector<JwtIssuer>>;

  /// From now on these. Returns those who are not known any more: all of them, unless the issuers
  /// are the same as before.
  std::vector<CallerPtr> SetIssuers(std::vector<JwtIssuer> issuers);
  /// Keys were fetched from there. Returns those who are not known any more: if a key is no more,
  /// all of its issuers.
  std::vector<CallerPtr> SetKeys(const std::string& url, const JwkSet& keys);
  IssuersPtr issuers() const;

  /// Null: it is not known, or it has ended.
  CallerPtr Find(const TokenHash& hash, base::WallTime now) const;
  /// Remembers one that was verified by `issuers`. Null: there are others since, so that it has to
  /// be verified again.
  CallerPtr Add(const TokenHash& hash, Principal principal, const IssuersPtr& issuers,
                base::WallTime now);

 private:
  mutable base::Mutex mutex_;
  IssuersPtr issuers_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const std::vector<JwtIssuer>>();
  std::map<std::string, JwkSet> fetched_ ABSL_GUARDED_BY(mutex_);  ///< by URL
  absl::flat_hash_map<TokenHash, CallerPtr> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace carillon::access
