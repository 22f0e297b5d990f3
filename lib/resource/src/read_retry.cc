#include "read_retry.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/policy/retry.h"
#include "field_rules.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Standard Webhooks' schedule.
std::vector<milliseconds> DefaultDelays() {
  return {seconds(5), minutes(5), minutes(30), hours(2), hours(5),
          hours(10),  hours(14),  hours(20),   hours(24)};
}

std::vector<milliseconds> ReadExponential(v1::Exponential given, model::Exponential& to,
                                          const Path& path, Errors& errors) {
  const bool has_first = given.has_first();
  const bool has_cap = given.has_cap();
  ApplyRules(given, path, errors);
  const milliseconds first = Millis(given.first());
  milliseconds cap = Millis(given.cap());
  if (!has_cap) cap = std::max(cap, first);
  if (cap < first) {
    errors.Add(path.Member("cap"),
               absl::StrCat("must not be shorter than first (", has_first ? "" : "by default ",
                            base::FormatDuration(first), ")"));
  }
  // What is wrong is not worked out.
  if (!errors.empty()) return {};
  to = {.first = first, .factor = given.factor(), .cap = cap, .attempts = given.attempts()};
  return policy::ExponentialDelays(first, to.factor, cap, to.attempts);
}

std::vector<milliseconds> ReadList(const v1::Delays& given, const Path& path, Errors& errors) {
  if (given.items_size() == 0) return DefaultDelays();
  CheckRules(given, path, errors);
  std::vector<milliseconds> delays;
  for (const auto& item : given.items()) delays.push_back(Millis(item));
  return delays;
}

std::vector<milliseconds> ReadDelays(const v1::Retry& given, model::RetryPolicy& to,
                                     const Path& path, Errors& errors) {
  if (given.none()) return {};
  if (given.has_exponential()) {
    return ReadExponential(given.exponential(), to.exponential.emplace(),
                           path.Member("exponential"), errors);
  }
  return ReadList(given.delays(), path.Member("delays"), errors);
}

model::RetryBudget ReadBudget(v1::RetryBudget given, const Path& path, Errors& errors) {
  ApplyRules(given, path, errors);
  return {.ratio = given.ratio(), .min_per_second = given.min_per_second()};
}

}  // namespace

model::RetryPolicy ReadRetry(const v1::Retry& given, const Path& path, Errors& errors) {
  v1::Retry full = given;
  ApplyRules(full, path, errors);
  model::RetryPolicy retry;
  retry.delays = ReadDelays(given, retry, path, errors);
  retry.jitter = full.jitter();
  if (full.has_max_age()) retry.max_age = Millis(full.max_age());
  retry.retry_after_cap = Millis(full.retry_after_cap());
  retry.budget = ReadBudget(given.budget(), path.Member("budget"), errors);
  return retry;
}

}  // namespace carillon::resource
