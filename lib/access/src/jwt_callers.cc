#include "jwt_callers.h"

#include <utility>

namespace carillon::access {

std::vector<JwtCallers::CallerPtr> JwtCallers::SetIssuers(std::vector<JwtIssuer> issuers) {
  std::vector<CallerPtr> gone;
  const base::MutexLock lock(mutex_);
  if (*issuers_ == issuers) return gone;
  issuers_ = std::make_shared<const std::vector<JwtIssuer>>(std::move(issuers));
  for (auto& [hash, caller] : known_) gone.push_back(std::move(caller));
  known_.clear();
  return gone;
}

JwtCallers::IssuersPtr JwtCallers::issuers() const {
  const base::MutexLock lock(mutex_);
  return issuers_;
}

JwtCallers::CallerPtr JwtCallers::Find(const TokenHash& hash, base::WallTime now) const {
  const base::MutexLock lock(mutex_);
  const auto found = known_.find(hash);
  if (found == known_.end() || found->second->principal().expired(now)) return nullptr;
  return found->second;
}

JwtCallers::CallerPtr JwtCallers::Add(const TokenHash& hash, Principal principal,
                                      const IssuersPtr& issuers, base::WallTime now) {
  const base::MutexLock lock(mutex_);
  if (issuers != issuers_) return nullptr;
  if (known_.size() >= kMaxKnown) {
    absl::erase_if(known_, [&](const auto& one) { return one.second->principal().expired(now); });
  }
  // Forgetting costs a verification each, and nothing else.
  if (known_.size() >= kMaxKnown) known_.erase(known_.begin());
  CallerPtr& caller = known_[hash];
  if (caller == nullptr || caller->principal().expired(now)) {
    caller = std::make_shared<Authenticator::Caller>(std::move(principal));
  }
  return caller;
}

}  // namespace carillon::access
