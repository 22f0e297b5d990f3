#include "lane_table.h"

#include <algorithm>
#include <utility>

#include "lane_series.h"

namespace carillon::metrics {
namespace {

LaneCounts Read(const LaneMetrics& lane) {
  LaneCounts counts;
  for (size_t i = 0; i < counts.attempts.size(); ++i) {
    counts.attempts[i] = lane.attempts[i].load(std::memory_order_relaxed);
  }
  counts.delivered = lane.delivered.load(std::memory_order_relaxed);
  counts.dead = lane.dead.load(std::memory_order_relaxed);
  for (size_t i = 0; i < counts.held.size(); ++i) counts.held[i] = lane.held[i].Get();
  for (size_t i = 0; i < counts.transitions.size(); ++i) {
    counts.transitions[i] = lane.transitions[i].Get();
  }
  return counts;
}

int64_t AtLeastZero(const std::atomic<int64_t>& value) {
  return std::max<int64_t>(0, value.load(std::memory_order_relaxed));
}

/// True when only the table holds the lane: its figures are final.
bool Ended(const std::shared_ptr<LaneMetrics>& lane) {
  if (lane.use_count() != 1) return false;
  std::atomic_thread_fence(std::memory_order_acquire);  // use_count() alone orders nothing
  return true;
}

}  // namespace

LaneCounts& LaneCounts::operator+=(const LaneCounts& other) {
  for (size_t i = 0; i < attempts.size(); ++i) attempts[i] += other.attempts[i];
  delivered += other.delivered;
  dead += other.dead;
  for (size_t i = 0; i < held.size(); ++i) held[i] += other.held[i];
  for (size_t i = 0; i < transitions.size(); ++i) transitions[i] += other.transitions[i];
  return *this;
}

LaneCounts& LaneCounts::operator-=(const LaneCounts& other) {
  for (size_t i = 0; i < attempts.size(); ++i) attempts[i] -= other.attempts[i];
  delivered -= other.delivered;
  dead -= other.dead;
  for (size_t i = 0; i < held.size(); ++i) held[i] -= other.held[i];
  for (size_t i = 0; i < transitions.size(); ++i) transitions[i] -= other.transitions[i];
  return *this;
}

LaneGauges& LaneGauges::operator+=(const LaneGauges& other) {
  ready += other.ready;
  in_flight += other.in_flight;
  parked += other.parked;
  if (oldest_ready_ns == 0 ||
      (other.oldest_ready_ns != 0 && other.oldest_ready_ns < oldest_ready_ns)) {
    oldest_ready_ns = other.oldest_ready_ns;
  }
  return *this;
}

std::shared_ptr<LaneMetrics> LaneTable::Add(std::string tenant, std::string destination) {
  const std::lock_guard lock(mutex_);
  auto lane = std::make_shared<LaneMetrics>();
  if (destinations_.size() >= let_go_at_) LetGo();
  destinations_[{std::move(tenant), std::move(destination)}].lanes.push_back(lane);
  return lane;
}

std::vector<prometheus::MetricFamily> LaneTable::Collect() {
  const std::lock_guard lock(mutex_);
  LetGo();
  GivePlaces();
  LaneSeries series(clock_.Wall());
  LaneCounts all = gone_;
  LaneCounts other = gone_;
  LaneGauges all_gauges;
  LaneGauges other_gauges;
  std::array<uint64_t, kLaneHealthCount> health{};
  for (auto& [name, destination] : destinations_) {
    LaneCounts counts = Counts(destination);
    const LaneGauges gauges = Gauges(destination);
    all += counts;
    all_gauges += gauges;
    ++health[static_cast<size_t>(destination.lanes.back()->health.load(std::memory_order_relaxed))];
    if (destination.has_place) {
      counts -= destination.in_other;
      series.AddOwn(name.first, name.second, counts, gauges);
    } else {
      destination.in_other = counts;
      other_gauges += gauges;
    }
    other += destination.in_other;
  }
  series.AddOther(other, other_gauges);
  series.AddTotals(all, all_gauges, health);
  return std::move(series).Take();
}

LaneCounts LaneTable::Counts(const Destination& destination) {
  LaneCounts counts = destination.ended ? *destination.ended : LaneCounts{};
  for (const auto& lane : destination.lanes) counts += Read(*lane);
  return counts;
}

LaneGauges LaneTable::Gauges(const Destination& destination) {
  LaneGauges gauges;
  for (const auto& lane : destination.lanes) {
    gauges += {.ready = AtLeastZero(lane->ready),
               .in_flight = AtLeastZero(lane->in_flight),
               .parked = AtLeastZero(lane->parked),
               .oldest_ready_ns = AtLeastZero(lane->oldest_ready_ns)};
  }
  return gauges;
}

uint64_t LaneTable::Activity(const Destination& destination) {
  const LaneCounts counts = Counts(destination);
  const LaneGauges gauges = Gauges(destination);
  uint64_t activity = counts.delivered + counts.dead +
                      static_cast<uint64_t>(gauges.ready + gauges.in_flight + gauges.parked);
  for (const uint64_t attempts : counts.attempts) activity += attempts;
  return activity;
}

void LaneTable::LetGo() {
  for (auto it = destinations_.begin(); it != destinations_.end();) {
    Destination& destination = it->second;
    std::erase_if(destination.lanes, [&destination](const std::shared_ptr<LaneMetrics>& lane) {
      if (!Ended(lane)) return false;
      if (!destination.ended) destination.ended = std::make_unique<LaneCounts>();
      *destination.ended += Read(*lane);
      return true;
    });
    if (!destination.lanes.empty()) {
      ++it;
      continue;
    }
    gone_ += Counts(destination);
    if (destination.has_place) --places_taken_;
    it = destinations_.erase(it);
  }
  let_go_at_ = std::max<size_t>(1024, 2 * destinations_.size());
}

void LaneTable::GivePlaces() {
  std::vector<std::pair<uint64_t, Destination*>> waiting;
  size_t with_work = 0;
  for (auto& [name, destination] : destinations_) {
    if (destination.has_place || name == Name("_other", "_other")) continue;
    waiting.emplace_back(Activity(destination), &destination);
    if (waiting.back().first > 0) ++with_work;
  }
  if (places_taken_ + with_work > top_) TakeBackUnused(places_taken_ + with_work - top_);
  const size_t free = top_ - places_taken_;
  const auto middle = waiting.begin() + static_cast<ptrdiff_t>(std::min(free, waiting.size()));
  std::partial_sort(waiting.begin(), middle, waiting.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto it = waiting.begin(); it != middle; ++it) {
    // What happened since the last scrape is not in `in_other` yet: it counts as its own.
    it->second->has_place = true;
    ++places_taken_;
  }
}

void LaneTable::TakeBackUnused(size_t wanted) {
  for (auto& [name, destination] : destinations_) {
    if (wanted == 0) return;
    if (!destination.has_place || Counts(destination) != destination.in_other) continue;
    const LaneGauges gauges = Gauges(destination);
    if (gauges.ready + gauges.in_flight + gauges.parked != 0) continue;
    destination.has_place = false;
    --places_taken_;
    --wanted;
  }
}

}  // namespace carillon::metrics
