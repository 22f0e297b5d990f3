#include "jwt_callers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carillon::access {

std::vector<JwtCallers::CallerPtr> JwtCallers::SetIssuers(std::vector<JwtIssuer> issuers) {
  std::vector<CallerPtr> gone;
  const base::MutexLock lock(mutex_);
  std::map<std::string, JwkSet> fetched;
  for (JwtIssuer& issuer : issuers) {
    const auto found = fetched_.find(issuer.keys_url);
    if (found == fetched_.end()) continue;
    issuer.keys = found->second;
    fetched.insert(*found);
  }
  fetched_ = std::move(fetched);
  if (*issuers_ == issuers) return gone;
  issuers_ = std::make_shared<const std::vector<JwtIssuer>>(std::move(issuers));
  for (auto& [hash, caller] : known_) gone.push_back(std::move(caller));
  known_.clear();
  return gone;
}

std::vector<JwtCallers::CallerPtr> JwtCallers::SetKeys(const std::string& url, const JwkSet& keys) {
  std::vector<CallerPtr> gone;
  const base::MutexLock lock(mutex_);
  std::vector<JwtIssuer> issuers = *issuers_;
  std::vector<std::string> forgotten;  // how the names of those begin who have to show it again
  bool is_known = false;
  for (JwtIssuer& issuer : issuers) {
    if (issuer.keys_url != url) continue;
    is_known = true;
    if (!keys.Includes(issuer.keys)) forgotten.push_back(absl::StrCat("jwt:", issuer.issuer, "#"));
    issuer.keys = keys;
  }
  if (!is_known) return gone;
  fetched_[url] = keys;
  if (*issuers_ == issuers) return gone;
  issuers_ = std::make_shared<const std::vector<JwtIssuer>>(std::move(issuers));
  absl::erase_if(known_, [&](auto& one) {
    const std::string& name = one.second->principal().name;
    const bool goes = std::ranges::any_of(
        forgotten, [&](const std::string& begin) { return name.starts_with(begin); });
    if (goes) gone.push_back(one.second);
    return goes;
  });
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
