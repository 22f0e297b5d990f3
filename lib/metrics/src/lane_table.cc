#include "lane_table.h"

#include <algorithm>
#include <utility>

#include "lane_series.h"

namespace carillon::metrics {
namespace {

/// How many destinations ahead a scrape fetches.
constexpr size_t kAhead = 8;

LaneCounts Read(const LaneMetrics& lane) {
  LaneCounts counts;
  for (size_t i = 0; i < counts.attempts.size(); ++i) {
    counts.attempts[i] = lane.attempts[i].load(std::memory_order_relaxed);
  }
  counts.delivered = lane.delivered.load(std::memory_order_relaxed);
  counts.dead = lane.dead.load(std::memory_order_relaxed);
  for (size_t i = 0; i < counts.deferred.size(); ++i) counts.deferred[i] = lane.deferred[i].Get();
  for (size_t i = 0; i < counts.transitions.size(); ++i) {
    counts.transitions[i] = lane.transitions[i].Get();
  }
  return counts;
}

int64_t AtLeastZero(const std::atomic<int64_t>& value) {
  return std::max<int64_t>(0, value.load(std::memory_order_relaxed));
}

LaneGauges ReadGauges(const LaneMetrics& lane) {
  return {.ready = AtLeastZero(lane.ready),
          .in_flight = AtLeastZero(lane.in_flight),
          .parked = AtLeastZero(lane.parked),
          .oldest_ready_ns = AtLeastZero(lane.oldest_ready_ns)};
}

/// Has the processor fetch what is read a few destinations later: they lie anywhere in memory, and
/// waiting for each would be most of a scrape of thousands.
template <typename Value>
void Prefetch(const Value* value) {
  constexpr size_t kCacheLine = 64;
  const auto* const begin = reinterpret_cast<const char*>(value);
  for (size_t at = 0; at < sizeof(Value); at += kCacheLine) __builtin_prefetch(begin + at);
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
  for (size_t i = 0; i < deferred.size(); ++i) deferred[i] += other.deferred[i];
  for (size_t i = 0; i < transitions.size(); ++i) transitions[i] += other.transitions[i];
  return *this;
}

LaneCounts& LaneCounts::operator-=(const LaneCounts& other) {
  for (size_t i = 0; i < attempts.size(); ++i) attempts[i] -= other.attempts[i];
  delivered -= other.delivered;
  dead -= other.dead;
  for (size_t i = 0; i < deferred.size(); ++i) deferred[i] -= other.deferred[i];
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
  const base::MutexLock lock(mutex_);
  auto lane = std::make_shared<LaneMetrics>();
  if (destinations_.size() >= let_go_at_) LetGo();
  destinations_[{std::move(tenant), std::move(destination)}].lanes.push_back(lane);
  list_stale_ = true;
  // Whoever holds it holds this, which tells when the last of them has let go.
  LaneMetrics* const figures = lane.get();
  return {figures, [lane = std::move(lane), ended = ended_](LaneMetrics*) mutable {
            lane.reset();
            ended->fetch_add(1, std::memory_order_release);
          }};
}

std::vector<prometheus::MetricFamily> LaneTable::Collect() {
  const base::MutexLock lock(mutex_);
  if (SomeEnded()) LetGo();
  List();
  GivePlaces();
  LaneSeries series(clock_.Wall());
  LaneCounts all = gone_;
  LaneCounts other = gone_;
  LaneGauges all_gauges;
  LaneGauges other_gauges;
  std::array<uint64_t, kDestinationStateCount> states{};
  for (size_t i = 0; i < listed_.size(); ++i) {
    if (i + kAhead < listed_.size()) {
      Prefetch(listed_[i + kAhead].destination);
      Prefetch(listed_[i + kAhead].newest);
    }
    const auto& [name, place, newest] = listed_[i];
    Destination& destination = *place;
    const bool simple = destination.lanes.size() == 1 && destination.ended == nullptr;
    LaneCounts counts = simple ? Read(*newest) : Counts(destination);
    const LaneGauges gauges = simple ? ReadGauges(*newest) : Gauges(destination);
    all += counts;
    all_gauges += gauges;
    ++states[static_cast<size_t>(newest->state.load(std::memory_order_relaxed))];
    if (destination.has_place) {
      counts -= destination.in_other;
      series.AddOwn(name->first, name->second, counts, gauges);
    } else {
      if (counts != destination.in_other) destination.in_other = counts;
      other_gauges += gauges;
    }
    other += destination.in_other;
  }
  series.AddOther(other, other_gauges);
  series.AddTotals(all, all_gauges, states);
  return std::move(series).Take();
}

LaneCounts LaneTable::Counts(const Destination& destination) {
  LaneCounts counts = destination.ended ? *destination.ended : LaneCounts{};
  for (const auto& lane : destination.lanes) counts += Read(*lane);
  return counts;
}

LaneGauges LaneTable::Gauges(const Destination& destination) {
  LaneGauges gauges;
  for (const auto& lane : destination.lanes) gauges += ReadGauges(*lane);
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

void LaneTable::List() {
  if (!std::exchange(list_stale_, false)) return;
  listed_.clear();
  for (auto& [name, destination] : destinations_) {
    listed_.push_back({&name, &destination, destination.lanes.back().get()});
  }
}

void LaneTable::LetGo() {
  list_stale_ = true;
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
    if (destination.has_place) std::erase(placed_, &destination);
    it = destinations_.erase(it);
  }
  let_go_at_ = std::max<size_t>(1024, 2 * destinations_.size());
}

bool LaneTable::Unused(const Destination& destination) {
  if (Counts(destination) != destination.in_other) return false;
  const LaneGauges gauges = Gauges(destination);
  return gauges.ready + gauges.in_flight + gauges.parked == 0;
}

// Most scrapes find every place taken and used, and look at nobody else.
void LaneTable::GivePlaces() {
  if (placed_.size() == destinations_.size()) return;
  const auto unused = static_cast<size_t>(
      std::ranges::count_if(placed_, [](const Destination* placed) { return Unused(*placed); }));
  if (placed_.size() - unused >= top_) return;
  static const Name kOther{"_other", "_other"};
  std::vector<std::pair<uint64_t, Destination*>> waiting;
  size_t with_work = 0;
  for (auto& [name, destination] : destinations_) {
    if (destination.has_place || name == kOther) continue;
    waiting.emplace_back(Activity(destination), &destination);
    if (waiting.back().first > 0) ++with_work;
  }
  if (placed_.size() + with_work > top_) TakeBackUnused(placed_.size() + with_work - top_);
  const size_t free = top_ - placed_.size();
  const auto middle = waiting.begin() + static_cast<ptrdiff_t>(std::min(free, waiting.size()));
  std::partial_sort(waiting.begin(), middle, waiting.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto it = waiting.begin(); it != middle; ++it) {
    // What happened since the last scrape is not in `in_other` yet: it counts as its own.
    it->second->has_place = true;
    placed_.push_back(it->second);
  }
}

void LaneTable::TakeBackUnused(size_t wanted) {
  std::erase_if(placed_, [&wanted](Destination* placed) {
    if (wanted == 0 || !Unused(*placed)) return false;
    placed->has_place = false;
    --wanted;
    return true;
  });
}

}  // namespace carillon::metrics
