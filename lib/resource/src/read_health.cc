#include "read_health.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kOneDay(24);
constexpr double kNotLookedAt = 2;  // a rate that nothing reaches

double ReadFailureRate(const v1::Breaker& given, const Path& path, Errors& errors) {
  if (!given.has_failure_rate()) return model::Breaker().failure_rate;
  if (given.failure_rate() == 0) return kNotLookedAt;
  if (!(given.failure_rate() >= 0.01 && given.failure_rate() <= 1)) {
    errors.Add(path.Member("failure_rate"), "must be 0.01 to 1, or 0: not looked at");
  }
  return given.failure_rate();
}

void CheckMaxDelay(const v1::Breaker& given, const model::Breaker& breaker, const Path& path,
                   Errors& errors) {
  if (breaker.max_delay >= breaker.delay) return;
  errors.Add(path.Member("max_delay"), absl::StrCat("must not be shorter than delay (",
                                                    given.has_delay() ? "" : "by default ",
                                                    base::FormatDuration(breaker.delay), ")"));
}

model::Breaker ToModel(const v1::Breaker& given, const Path& path, Errors& errors) {
  constexpr milliseconds kShortest(100);
  v1::Breaker full = given;
  Apply(NumberRule{"consecutive_failures", 0, 10'000, 10}, full, path, errors);
  Apply(NumberRule{"min_attempts", 1, 100'000, 20}, full, path, errors);
  Apply(DurationRule{"window", seconds(1), hours(1), minutes(1)}, full, path, errors);
  Apply(DurationRule{"delay", kShortest, hours(1), seconds(1)}, full, path, errors);
  const milliseconds max_delay = std::max<milliseconds>(minutes(1), Millis(full.delay()));
  Apply(DurationRule{"max_delay", kShortest, kOneDay, max_delay}, full, path, errors);
  const model::Breaker breaker{.consecutive_failures = full.consecutive_failures(),
                               .failure_rate = ReadFailureRate(given, path, errors),
                               .min_attempts = full.min_attempts(),
                               .window = Millis(full.window()),
                               .delay = Millis(full.delay()),
                               .max_delay = Millis(full.max_delay())};
  CheckMaxDelay(given, breaker, path, errors);
  if (breaker.consecutive_failures == 0 && breaker.failure_rate > 1) {
    errors.Add(path, "looks at nothing: needs consecutive_failures, failure_rate or off: true");
  }
  return breaker;
}

std::optional<model::Breaker> ReadBreaker(const v1::Breaker& given, const Path& path,
                                          Errors& errors) {
  if (!given.off()) return ToModel(given, path, errors);
  v1::Breaker others = given;
  others.clear_off();
  if (others.ByteSizeLong() > 0) errors.Add(path, "off: true excludes all other members");
  return std::nullopt;
}

model::Disabling ToModel(const v1::Disabling& given, const Path& path, Errors& errors) {
  model::Disabling disabling;
  if (given.has_on_gone()) disabling.on_gone = given.on_gone();
  const Path failing_for = path.Member("failing_for");
  if (given.has_failing_for()) {
    disabling.failing_for = Millis(given.failing_for());
    CheckDuration(*disabling.failing_for, minutes(1), 365 * kOneDay, failing_for, errors);
  }
  if (given.never()) {
    if (given.has_failing_for()) errors.Add(failing_for, "must be left out when never is true");
    disabling.failing_for.reset();
  }
  disabling.when_retries_end = given.when_retries_end();
  disabling.drop_deliveries = given.deliveries() == v1::DELIVERIES_DEAD;
  return disabling;
}

}  // namespace

void ReadHealth(const v1::Destination& given, model::Destination& to, const Path& path,
                Errors& errors) {
  to.breaker = ReadBreaker(given.breaker(), path.Member("breaker"), errors);
  to.disabling = ToModel(given.disabling(), path.Member("disabling"), errors);
  to.enabled = !given.disabled();
  to.generation = given.generation();
}

}  // namespace carillon::resource
