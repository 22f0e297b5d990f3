#include "shard_table.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "families.h"
#include "family.h"

namespace carillon::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kFirstAttemptBounds[] = {
    microseconds(500), milliseconds(1),    milliseconds(2),   milliseconds(3),  milliseconds(4),
    milliseconds(5),   microseconds(7500), milliseconds(10),  milliseconds(25), milliseconds(50),
    milliseconds(100), milliseconds(250),  milliseconds(500), seconds(1),       milliseconds(2500),
    seconds(5),        seconds(10),        seconds(30),       seconds(60),      seconds(300),
    seconds(1800),     seconds(7200),      seconds(43200),    seconds(86400)};
constexpr nanoseconds kDeliveredBounds[] = {
    microseconds(500), milliseconds(1),    milliseconds(2),   milliseconds(3),  milliseconds(4),
    milliseconds(5),   microseconds(7500), milliseconds(10),  milliseconds(25), milliseconds(50),
    milliseconds(100), milliseconds(250),  milliseconds(500), seconds(1),       milliseconds(2500),
    seconds(5),        seconds(10),        seconds(30),       seconds(60),      seconds(300),
    seconds(1800),     seconds(7200),      seconds(43200),    seconds(86400)};
constexpr nanoseconds kAttemptBounds[] = {
    microseconds(500), milliseconds(1),    microseconds(2500), milliseconds(5),   milliseconds(10),
    milliseconds(25),  milliseconds(50),   milliseconds(100),  milliseconds(250), milliseconds(500),
    seconds(1),        milliseconds(2500), seconds(5),         seconds(10),       seconds(15),
    seconds(30),       seconds(60)};
constexpr nanoseconds kPhaseBounds[] = {
    microseconds(100), microseconds(500), milliseconds(1),    microseconds(2500), milliseconds(5),
    milliseconds(10),  milliseconds(25),  milliseconds(50),   milliseconds(100),  milliseconds(250),
    milliseconds(500), seconds(1),        milliseconds(2500), seconds(5),         seconds(10),
    seconds(30),       seconds(60)};

template <size_t... kIndex>
std::array<PlainHistogram, sizeof...(kIndex)> Histograms(PlainHistogram::Bounds bounds,
                                                         std::index_sequence<kIndex...>) {
  return {((void)kIndex, PlainHistogram(bounds))...};
}

/// As many with the same bounds.
template <size_t kCount>
std::array<PlainHistogram, kCount> Histograms(PlainHistogram::Bounds bounds) {
  return Histograms(bounds, std::make_index_sequence<kCount>());
}

double SecondsOf(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// Appends a series: the sum of what `histogram` picks of each shard.
template <typename Shards, typename Pick>
void AddHistogram(prometheus::MetricFamily& family, Labels labels, const ShardMetrics& none,
                  const Shards& shards, Pick histogram) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  const PlainHistogram::Bounds bounds = histogram(none).bounds();
  uint64_t sum_ns = 0;
  for (const auto& shard : shards) sum_ns += histogram(*shard).sum_ns();
  uint64_t count = 0;
  for (size_t i = 0; i <= bounds.size(); ++i) {
    for (const auto& shard : shards) count += histogram(*shard).count(i);
    const double bound =
        i < bounds.size() ? SecondsOf(bounds[i]) : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({.cumulative_count = count, .upper_bound = bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(sum_ns) * 1e-9;
}

}  // namespace

ShardMetrics::ShardMetrics()
    : attempts(Histograms<model::kOutcomeCount>(kAttemptBounds)),
      delivered(kDeliveredBounds),
      first_attempt(kFirstAttemptBounds),
      phases(Histograms<kAttemptPhaseCount>(kPhaseBounds)) {
  static_assert(std::size(kAttemptBounds) <= PlainHistogram::kMaxBounds);
  static_assert(std::size(kDeliveredBounds) <= PlainHistogram::kMaxBounds);
  static_assert(std::size(kFirstAttemptBounds) <= PlainHistogram::kMaxBounds);
  static_assert(std::size(kPhaseBounds) <= PlainHistogram::kMaxBounds);
}

std::shared_ptr<ShardMetrics> ShardTable::Add() {
  const base::MutexLock lock(mutex_);
  for (const auto& shard : shards_) {
    if (shard.use_count() == 1) return shard;
  }
  return shards_.emplace_back(std::make_shared<ShardMetrics>());
}

std::vector<prometheus::MetricFamily> ShardTable::Collect() const {
  Shards shards;
  {
    const base::MutexLock lock(mutex_);
    shards = shards_;
  }
  std::vector<prometheus::MetricFamily> described = {
      Attempts(shards), AttemptTimes(shards), Delivered(shards),   FirstAttempts(shards),
      Phases(shards),   Connections(shards),  RetryOverdue(shards)};
  described.push_back(Begin(families::kDeliveriesCreatedTotal));
  AddByType(described.back(), shards, &ShardMetrics::created);
  described.push_back(Begin(families::kEventsUnroutedTotal));
  AddByType(described.back(), shards, &ShardMetrics::unrouted);
  return described;
}

prometheus::MetricFamily ShardTable::Attempts(const Shards& shards) const {
  return Each(families::kAttemptsTotal, [&](size_t i) {
    uint64_t sum = 0;
    for (const auto& shard : shards) sum += shard->attempts[i].count();
    return sum;
  });
}

prometheus::MetricFamily ShardTable::AttemptTimes(const Shards& shards) const {
  prometheus::MetricFamily family = Begin(families::kAttemptDurationSeconds);
  for (size_t i = 0; i < model::kOutcomeNames.size(); ++i) {
    AddHistogram(
        family, {{"outcome", std::string(model::kOutcomeNames[i])}}, none_, shards,
        [i](const ShardMetrics& shard) -> const PlainHistogram& { return shard.attempts[i]; });
  }
  return family;
}

prometheus::MetricFamily ShardTable::Delivered(const Shards& shards) const {
  prometheus::MetricFamily family = Begin(families::kAcceptedToDeliveredSeconds);
  AddHistogram(family, {}, none_, shards,
               [](const ShardMetrics& shard) -> const PlainHistogram& { return shard.delivered; });
  return family;
}

prometheus::MetricFamily ShardTable::FirstAttempts(const Shards& shards) const {
  prometheus::MetricFamily family = Begin(families::kAcceptedToFirstAttemptSeconds);
  AddHistogram(family, {}, none_, shards, [](const ShardMetrics& shard) -> const PlainHistogram& {
    return shard.first_attempt;
  });
  return family;
}

prometheus::MetricFamily ShardTable::Phases(const Shards& shards) const {
  prometheus::MetricFamily family = Begin(families::kAttemptPhaseSeconds);
  for (size_t i = 0; i < kAttemptPhaseNames.size(); ++i) {
    AddHistogram(
        family, {{"phase", std::string(kAttemptPhaseNames[i])}}, none_, shards,
        [i](const ShardMetrics& shard) -> const PlainHistogram& { return shard.phases[i]; });
  }
  return family;
}

prometheus::MetricFamily ShardTable::Connections(const Shards& shards) const {
  return Each(families::kDestinationConnections, [&](size_t i) {
    int64_t sum = 0;
    for (const auto& shard : shards) sum += shard->connections[i].load(std::memory_order_relaxed);
    return sum;
  });
}

// From the time at which it is due, so that a thread which is stuck shows: it tells nothing new.
prometheus::MetricFamily ShardTable::RetryOverdue(const Shards& shards) const {
  int64_t due = ShardMetrics::kNothingDue;
  for (const auto& shard : shards) {
    due = std::min(due, shard->retry_due_ns.load(std::memory_order_relaxed));
  }
  const int64_t now = clock_.Mono().time_since_epoch().count();
  const double overdue = due < now ? static_cast<double>(now - due) * 1e-9 : 0;
  return Single(families::kRetryOverdueSeconds, overdue);
}

void ShardTable::AddByType(prometheus::MetricFamily& family, const Shards& shards,
                           Places ShardMetrics::* member) const {
  const auto add = [&](const std::string& name, size_t place) {
    uint64_t sum = 0;
    for (const auto& shard : shards) sum += ((*shard).*member)[place].Get();
    AddSeries(family, {{"type", name}}, static_cast<double>(sum));
  };
  const std::vector<std::string> names = types_.names();
  for (size_t place = 0; place < names.size(); ++place) add(names[place], place);
  add("_other", kTypePlaces);
}

}  // namespace carillon::metrics
