#include "attempt_figures.h"

#include <atomic>
#include <chrono>

#include "lane.h"

namespace carillon::delivery {

void AttemptFigures::CountEnd(const Attempt& attempt, model::Outcome outcome,
                              const http::Response& response) {
  if (attempt.late != Attempt::kNotFirst) figures_.first_attempt.Observe(attempt.late);
  attempt.lane->metrics().CountAttempt(outcome);
  AttemptsOf(outcome).Observe(response.ended - response.started);
  if (outcome != model::Outcome::kCancelled) ObservePhases(response.times);
}

void AttemptFigures::CountShortage(const Attempt& attempt, const http::Response& response) {
  attempt.lane->metrics().CountAttempt(model::Outcome::kLocalShortage);
  AttemptsOf(model::Outcome::kLocalShortage).Observe(response.ended - response.started);
}

void AttemptFigures::CountDelivered(const Attempt& attempt, base::WallTime now) {
  figures_.delivered.Observe(now - attempt.deliveries.first.event->accepted_at());
  attempt.lane->metrics().delivered.fetch_add(attempt.deliveries.size(), std::memory_order_relaxed);
}

void AttemptFigures::ObservePhases(const http::PhaseTimes& times) {
  const auto observe = [this](metrics::AttemptPhase phase, std::chrono::nanoseconds took) {
    if (took >= std::chrono::nanoseconds(0)) {
      figures_.phases[static_cast<size_t>(phase)].Observe(took);
    }
  };
  observe(metrics::AttemptPhase::kDns, times.dns);
  observe(metrics::AttemptPhase::kConnect, times.connect);
  observe(metrics::AttemptPhase::kTls, times.tls);
  observe(metrics::AttemptPhase::kFirstByte, times.first_byte);
  observe(metrics::AttemptPhase::kBody, times.body);
}

}  // namespace carillon::delivery
