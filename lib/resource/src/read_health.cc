#include "read_health.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "field_rules.h"
#include "member_rules.h"

namespace carillon::resource {
namespace {

constexpr double kNotLookedAt = 2;  // a rate that nothing reaches

void CheckMaxDelay(const v1::Breaker& given, const model::Breaker& breaker, const Path& path,
                   Errors& errors) {
  if (breaker.max_delay >= breaker.delay) return;
  errors.Add(path.Member("max_delay"), absl::StrCat("must not be shorter than delay (",
                                                    given.has_delay() ? "" : "by default ",
                                                    base::FormatDuration(breaker.delay), ")"));
}

model::Breaker ToModel(const v1::Breaker& given, const Path& path, Errors& errors) {
  v1::Breaker full = given;
  ApplyRules(full, path, errors);
  if (!given.has_max_delay() && Millis(full.max_delay()) < Millis(full.delay())) {
    *full.mutable_max_delay() = full.delay();
  }
  const bool no_rate = full.failure_rate() == 0;
  const model::Breaker breaker{.consecutive_failures = full.consecutive_failures(),
                               .failure_rate = no_rate ? kNotLookedAt : full.failure_rate(),
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

model::Disabling ToModel(v1::Disabling given, const Path& path, Errors& errors) {
  model::Disabling disabling;
  if (given.has_on_gone()) disabling.on_gone = given.on_gone();
  if (given.never() && given.has_failing_for()) {
    errors.Add(path.Member("failing_for"), "must be left out when never is true");
  }
  ApplyRules(given, path, errors);
  disabling.failing_for.reset();
  if (!given.never()) disabling.failing_for = Millis(given.failing_for());
  disabling.when_retries_end = given.when_retries_end();
  disabling.drop_deliveries = given.deliveries() == v1::DELIVERIES_DEAD;
  return disabling;
}

}  // namespace

void ReadHealth(const v1::Destination& given, model::Destination& to, const Path& path,
                Errors& errors) {
  if (given.has_breaker()) {
    to.breaker = ReadBreaker(given.breaker(), path.Member("breaker"), errors);
  }
  if (given.has_disabling()) {
    to.disabling = ToModel(given.disabling(), path.Member("disabling"), errors);
  }
  to.enabled = !given.disabled();
}

}  // namespace carillon::resource
