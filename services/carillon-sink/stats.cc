#include "stats.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>

#include "absl/hash/hash.h"
#include "carillon/base/text.h"
#include "nlohmann/json.hpp"

namespace carillon::sink {
namespace {

constexpr size_t kMaxTargets = 10'000;
constexpr std::string_view kOther = "_other";

uint64_t HashOf(std::string_view key, std::string_view id) {
  return absl::HashOf(base::ToAbsl(key), base::ToAbsl(id));
}

nlohmann::ordered_json ToJsonObject(const TargetStats& s) {
  return {{"requests", s.requests},
          {"distinct", s.distinct},
          {"duplicates", s.duplicates},
          {"verified", s.verified},
          {"failed", s.failed},
          {"in_flight", s.in_flight},
          {"max_concurrent", s.max_concurrent}};
}

}  // namespace

std::string_view Stats::KeyFor(std::string_view target) const {
  if (targets_.size() < kMaxTargets || targets_.find(target) != targets_.end()) return target;
  return kOther;
}

int Stats::Begin(std::string_view key, std::string_view id, Verdict verdict) {
  auto it = targets_.find(key);
  if (it == targets_.end()) it = targets_.emplace(std::string(key), TargetStats{}).first;
  TargetStats& target = it->second;
  ++target.requests;
  target.verified += verdict == Verdict::kVerified;
  target.failed += verdict == Verdict::kFailed;
  target.max_concurrent = std::max(target.max_concurrent, ++target.in_flight);
  max_concurrent_ = std::max(max_concurrent_, ++in_flight_);
  if (id.empty()) return 1;
  const uint64_t hash = HashOf(key, id);
  auto seen = seen_.find(hash);
  if (seen == seen_.end()) {
    ++target.distinct;
    if (seen_.size() >= max_ids_) {
      ++untracked_;
      return 1;
    }
    seen = seen_.emplace(hash, Seen{}).first;
  }
  if (seen->second.requests < std::numeric_limits<uint8_t>::max()) ++seen->second.requests;
  return seen->second.requests;
}

void Stats::Answered(std::string_view key, std::string_view id, int status) {
  if (id.empty() || status < 200 || status > 299) return;
  const auto seen = seen_.find(HashOf(key, id));
  if (seen == seen_.end()) return;
  const auto target = targets_.find(key);
  if (seen->second.answered && target != targets_.end()) ++target->second.duplicates;
  seen->second.answered = true;
}

void Stats::End(std::string_view key, uint64_t generation) {
  if (generation != generation_) return;
  --in_flight_;
  if (const auto it = targets_.find(key); it != targets_.end()) --it->second.in_flight;
}

void Stats::Reset() {
  ++generation_;
  seen_.clear();
  targets_.clear();
  bad_ = untracked_ = in_flight_ = max_concurrent_ = 0;
  connections_ = open_;
}

std::string Stats::ToJson() const {
  TargetStats sum;
  nlohmann::ordered_json targets = nlohmann::ordered_json::object();
  for (const auto& [name, s] : targets_) {
    sum.requests += s.requests;
    sum.distinct += s.distinct;
    sum.duplicates += s.duplicates;
    sum.verified += s.verified;
    sum.failed += s.failed;
    targets[base::Printable(name, 2048)] = ToJsonObject(s);
  }
  sum.in_flight = in_flight_;
  sum.max_concurrent = max_concurrent_;
  nlohmann::ordered_json all = ToJsonObject(sum);
  all["untracked_ids"] = untracked_;
  all["bad_requests"] = bad_;
  all["connections"] = connections_;
  all["open_connections"] = open_;
  all["targets"] = std::move(targets);
  return all.dump();
}

}  // namespace carillon::sink
