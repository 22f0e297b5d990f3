#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "carillon/http/resolver.h"

namespace carillon::http {

/// What names led to, and which lately led nowhere. Pure: `now` is an argument. The oldest answers
/// leave when there are too many. One thread at a time.
class NameCache {
 public:
  using Answer = absl::StatusOr<Addresses>;

  /// `fresh`: to be used as it is, also a failure. `stale`: addresses past their TTL that serve
  /// where a new look-up does not. At most one is set; valid until the cache changes.
  struct Found {
    const Answer* fresh = nullptr;
    const Answer* stale = nullptr;
    bool is_old = false;  ///< `fresh` is past its TTL: a new look-up has failed lately
  };

  /// Takes its bounds from `options`: the TTLs, `stale` and `max_cached`.
  explicit NameCache(const ResolverOptions& options);

  Found Find(const std::string& host, base::MonoTime now);
  void Put(const std::string& host, Addresses addresses, std::chrono::seconds ttl,
           base::MonoTime now);
  /// A look-up failed. Returns what is to be answered: the failure, or the addresses known before,
  /// which after NOT_FOUND are forgotten. RESOURCE_EXHAUSTED says nothing of the name and is not
  /// remembered.
  Answer Fail(const std::string& host, const absl::Status& status, base::MonoTime now);
  /// The name servers are others: failures are forgotten, addresses are past their TTL.
  void Distrust(base::MonoTime now);

 private:
  struct Entry {
    Answer answer;
    base::MonoTime expires;
    base::MonoTime useless;  // from then on it does not serve as stale either
    base::MonoTime retry;    // a look-up failed: none before this
    size_t weight;
    std::list<std::string>::iterator place;  // in by_age_
  };
  using Entries = std::unordered_map<std::string, Entry>;

  Entry& Store(const std::string& host, Answer answer, base::MonoTime now);
  void Forget(Entries::iterator entry);

  const std::chrono::milliseconds ttl_min_;
  const std::chrono::milliseconds ttl_max_;
  const std::chrono::milliseconds negative_ttl_;
  const std::chrono::milliseconds stale_;
  const size_t max_weight_;
  size_t weight_ = 0;
  Entries entries_;
  std::list<std::string> by_age_;  // the keys, oldest answer first
};

}  // namespace carillon::http
