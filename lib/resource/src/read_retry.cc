#include "read_retry.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/policy/retry.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kMaxDelays = 64;
constexpr uint32_t kMaxAttempts = 200;
constexpr milliseconds kMaxDelay = days(30);

/// Standard Webhooks' schedule.
std::vector<milliseconds> DefaultDelays() {
  return {seconds(5), minutes(5), minutes(30), hours(2), hours(5),
          hours(10),  hours(14),  hours(20),   hours(24)};
}

std::vector<milliseconds> ReadExponential(const v1::Exponential& given, model::Exponential& to,
                                          const Path& path, Errors& errors) {
  milliseconds first = to.first;
  if (given.has_first()) first = Millis(given.first());
  CheckDuration(first, milliseconds(1), kMaxDelay, path.Member("first"), errors);
  const double factor = given.has_factor() ? given.factor() : to.factor;
  CheckRange(factor, 1, 10, path.Member("factor"), errors);
  milliseconds cap = std::max(to.cap, first);
  if (given.has_cap()) {
    cap = Millis(given.cap());
    const Path cap_path = path.Member("cap");
    CheckDuration(cap, milliseconds(1), kMaxDelay, cap_path, errors);
    if (cap < first) {
      errors.Add(cap_path, absl::StrCat("must not be shorter than first (",
                                        given.has_first() ? "" : "by default ",
                                        base::FormatDuration(first), ")"));
    }
  }
  const uint32_t attempts = given.has_attempts() ? given.attempts() : to.attempts;
  if (attempts < 2 || attempts > kMaxAttempts) {
    errors.Add(path.Member("attempts"), absl::StrCat("must be 2 to ", kMaxAttempts));
    return {};
  }
  to = {.first = first, .factor = factor, .cap = cap, .attempts = attempts};
  return policy::ExponentialDelays(first, factor, cap, attempts);
}

std::vector<milliseconds> ReadList(const v1::Delays& given, const Path& path, Errors& errors) {
  if (given.items_size() == 0) return DefaultDelays();
  std::vector<milliseconds> delays;
  if (given.items_size() > kMaxDelays) {
    errors.Add(path, absl::StrCat("must be at most ", kMaxDelays));
    return delays;
  }
  for (int i = 0; i < given.items_size(); ++i) {
    delays.push_back(Millis(given.items(i)));
    CheckDuration(delays.back(), milliseconds(0), kMaxDelay, path.At(i), errors);
  }
  return delays;
}

std::vector<milliseconds> ReadDelays(const v1::Retry& given, model::RetryPolicy& to,
                                     const Path& path, Errors& errors) {
  if (given.none()) return {};
  if (given.has_exponential()) {
    return ReadExponential(given.exponential(), to.exponential.emplace(),
                           path.Member("exponential"), errors);
  }
  const Path delays = path.Member("delays");
  return ReadList(given.delays(), delays.Member("items"), errors);
}

model::RetryBudget ReadBudget(const v1::RetryBudget& given, const Path& path, Errors& errors) {
  model::RetryBudget budget;
  if (given.has_ratio()) budget.ratio = given.ratio();
  CheckRange(budget.ratio, 0, 10, path.Member("ratio"), errors);
  if (given.has_min_per_second()) budget.min_per_second = given.min_per_second();
  CheckRange(budget.min_per_second, 0.01, 100'000, path.Member("min_per_second"), errors);
  return budget;
}

}  // namespace

model::RetryPolicy ReadRetry(const v1::Retry& given, const Path& path, Errors& errors) {
  model::RetryPolicy retry;
  retry.delays = ReadDelays(given, retry, path, errors);
  if (given.has_jitter()) {
    retry.jitter = given.jitter();
    CheckRange(retry.jitter, 0, 1, path.Member("jitter"), errors);
  }
  if (given.has_max_age()) {
    retry.max_age = Millis(given.max_age());
    CheckDuration(*retry.max_age, seconds(1), days(365), path.Member("max_age"), errors);
  }
  if (given.has_retry_after_cap()) {
    retry.retry_after_cap = Millis(given.retry_after_cap());
    CheckDuration(retry.retry_after_cap, seconds(1), days(7), path.Member("retry_after_cap"),
                  errors);
  }
  retry.budget = ReadBudget(given.budget(), path.Member("budget"), errors);
  return retry;
}

}  // namespace carillon::resource
