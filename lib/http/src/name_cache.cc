#include "name_cache.h"

#include <algorithm>
#include <utility>

namespace carillon::http {
namespace {

using std::chrono::milliseconds;

/// Of a name with many addresses: so many count as one more name.
constexpr size_t kAddressesByWeight = 4;

}  // namespace

NameCache::NameCache(const ResolverOptions& options)
    : ttl_min_(options.ttl_min),
      ttl_max_(std::max(options.ttl_max, options.ttl_min)),
      negative_ttl_(options.negative_ttl),
      stale_(options.stale),
      max_weight_(options.max_cached) {}

NameCache::Found NameCache::Find(const std::string& host, base::MonoTime now) {
  const auto at = entries_.find(host);
  if (at == entries_.end()) return {};
  const Entry& entry = at->second;
  if (now < entry.expires) return {.fresh = &entry.answer};
  if (now >= entry.useless) {
    Forget(at);
    return {};
  }
  if (now < entry.retry) return {.fresh = &entry.answer, .is_old = true};
  return {.stale = &entry.answer};
}

NameCache::Entry& NameCache::Store(const std::string& host, Answer answer, base::MonoTime now) {
  const auto before = entries_.find(host);
  if (before != entries_.end()) Forget(before);
  const size_t weight = 1 + (answer.ok() ? answer->size() / kAddressesByWeight : 0);
  while (!entries_.empty() && weight_ + weight > max_weight_) {
    Forget(entries_.find(by_age_.front()));
  }
  by_age_.push_back(host);
  weight_ += weight;
  Entry entry{std::move(answer), now, now, now, weight, std::prev(by_age_.end())};
  return entries_.emplace(host, std::move(entry)).first->second;
}

void NameCache::Put(const std::string& host, Addresses addresses, std::chrono::seconds ttl,
                    base::MonoTime now) {
  if (max_weight_ == 0) return;
  Entry& entry = Store(host, std::move(addresses), now);
  entry.expires = now + std::clamp<milliseconds>(ttl, ttl_min_, ttl_max_);
  entry.useless = entry.expires + stale_;
}

NameCache::Answer NameCache::Fail(const std::string& host, const absl::Status& status,
                                  base::MonoTime now) {
  const auto at = entries_.find(host);
  const bool serves = at != entries_.end() && at->second.answer.ok() && now < at->second.useless &&
                      status.code() != absl::StatusCode::kNotFound;
  if (serves) {
    at->second.retry = now + negative_ttl_;
    return at->second.answer;
  }
  if (status.code() == absl::StatusCode::kResourceExhausted || max_weight_ == 0) return status;
  Entry& entry = Store(host, status, now);
  entry.expires = entry.useless = now + negative_ttl_;
  return status;
}

void NameCache::Distrust(base::MonoTime now) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    if (!entry->second.answer.ok()) {
      Forget(entry);
      continue;
    }
    entry->second.expires = std::min(entry->second.expires, now);
    entry->second.retry = now;
  }
}

void NameCache::Forget(Entries::iterator entry) {
  weight_ -= entry->second.weight;
  by_age_.erase(entry->second.place);
  entries_.erase(entry);
}

}  // namespace carillon::http
