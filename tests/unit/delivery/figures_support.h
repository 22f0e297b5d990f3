#pragma once

#include <optional>
#include <string>

#include "dispatcher_support.h"

namespace carillon::delivery {

struct Observed {
  uint64_t count = 0;
  double seconds = 0;
};

inline Observed Read(const metrics::PlainHistogram& histogram) {
  Observed observed{.seconds = static_cast<double>(histogram.sum_ns()) * 1e-9};
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) observed.count += histogram.count(i);
  return observed;
}

/// Of one destination, `a`, without a breaker at first: the figures of its shard.
class FiguresTest : public DispatcherTest {
 protected:
  FiguresTest() {
    a_.breaker.reset();
    a_.retry.jitter = 0;
    a_.disabling = {.on_gone = false, .failing_for = {}};
  }
  Observed First() const { return Read(metrics_.shard->first_attempt); }
  Observed Phase(metrics::AttemptPhase phase) const {
    return Read(metrics_.shard->phases[static_cast<size_t>(phase)]);
  }
  uint64_t Held(metrics::DeferredBy by) {
    return metrics_.lanes["t/a"]->deferred[static_cast<size_t>(by)].Get();
  }
  uint64_t HeldInAll() {
    uint64_t all = 0;
    for (const auto& counter : metrics_.lanes["t/a"]->deferred) all += counter.Get();
    return all;
  }
  uint64_t Became(metrics::BreakerState state) {
    return metrics_.lanes["t/a"]->transitions[static_cast<size_t>(state)].Get();
  }
  void PublishMany(int count, const std::string& key = "") {
    journal_->accepted_at = clock_.Wall();
    std::vector<std::shared_ptr<model::Event>> events;
    for (int i = 0; i < count; ++i) {
      events.push_back(model::Event::Create({.id = "e" + std::to_string(published_++),
                                             .type = "a",
                                             .tenant = "t",
                                             .ordering_key = key,
                                             .payload = "1"}));
    }
    journal_->Append(std::move(events), {});
  }
  /// Seconds since the retry should have gone; negative: until then. Nothing: there is none.
  std::optional<double> Overdue() {
    dispatcher_->PublishGauges();
    const int64_t due = metrics_.shard->retry_due_ns;
    if (due == metrics::ShardMetrics::kNothingDue) return std::nullopt;
    return static_cast<double>(clock_.Mono().time_since_epoch().count() - due) * 1e-9;
  }
  void StepUntilEnds(size_t attempts) {
    while (ended_.size() < attempts && executor_.Step()) {
    }
    ASSERT_EQ(ended_.size(), attempts);
  }
  /// All of `count` first attempts were made, and none is taken for late.
  void ExpectOnTime(uint64_t count) {
    EXPECT_EQ(First().count, count);
    EXPECT_LT(First().seconds, 0.05 * static_cast<double>(count));
  }

  model::Destination a_ = Named("a");
  int published_ = 0;
};

}  // namespace carillon::delivery
