#include "lane_table.h"

#include <algorithm>
#include <functional>
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

/// What stands for all that have no series of their own; a destination may have this name.
const std::pair<std::string, std::string>& OtherName() {
  static const std::pair<std::string, std::string> name{"_other", "_other"};
  return name;
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
  if (placed_.size() < std::min(top_, destinations_.size())) FillPlaces();
  Totals totals{.all = gone_, .other = gone_};
  // Few in a scrape of thousands: those that have a place, or had something to do since the last.
  std::vector<const Listed*> busy;
  for (size_t i = 0; i < listed_.size(); ++i) {
    if (i + kAhead < listed_.size()) {
      Prefetch(listed_[i + kAhead].destination);
      Prefetch(listed_[i + kAhead].newest);
    }
    const Listed& one = listed_[i];
    const Destination& destination = *one.destination;
    ++totals.states[static_cast<size_t>(one.newest->state.load(std::memory_order_relaxed))];
    const LaneCounts counts = Counts(destination);
    if (destination.has_place || counts != InOther(destination) || HasWork(destination)) {
      busy.push_back(&one);
    } else {
      totals.all += counts;
      totals.other += counts;
    }
  }
  MovePlaces(busy);
  LaneSeries series(clock_.Wall());
  for (const Listed* one : busy) AddBusy(*one, totals, series);
  series.AddOther(totals.other, totals.other_gauges);
  series.AddTotals(totals.all, totals.all_gauges, totals.states);
  return std::move(series).Take();
}

void LaneTable::AddBusy(const Listed& one, Totals& totals, LaneSeries& series) {
  Destination& destination = *one.destination;
  LaneCounts counts = Counts(destination);
  const LaneGauges gauges = Gauges(destination);
  totals.all += counts;
  totals.all_gauges += gauges;
  if (destination.has_place) {
    counts -= InOther(destination);
    series.AddOwn(one.name->first, one.name->second, counts, gauges);
  } else {
    if (!destination.in_other) destination.in_other = std::make_unique<LaneCounts>();
    *destination.in_other = counts;
    totals.other_gauges += gauges;
  }
  totals.other += InOther(destination);
}

LaneCounts LaneTable::Counts(const Destination& destination) {
  LaneCounts counts = destination.ended ? *destination.ended : LaneCounts{};
  for (const auto& lane : destination.lanes) counts += Read(*lane);
  return counts;
}

LaneCounts LaneTable::InOther(const Destination& destination) {
  return destination.in_other ? *destination.in_other : LaneCounts{};
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

bool LaneTable::HasWork(const Destination& destination) {
  return std::ranges::any_of(destination.lanes, [](const std::shared_ptr<LaneMetrics>& lane) {
    return AtLeastZero(lane->ready) + AtLeastZero(lane->in_flight) + AtLeastZero(lane->parked) > 0;
  });
}

bool LaneTable::Unused(const Destination& destination) {
  return Counts(destination) == InOther(destination) && !HasWork(destination);
}

void LaneTable::GivePlace(Destination& destination) {
  // What happened since the last scrape is not in `in_other` yet: it counts as its own.
  destination.has_place = true;
  placed_.push_back(&destination);
}

void LaneTable::FillPlaces() {
  std::vector<std::pair<uint64_t, Destination*>> waiting;
  for (auto& [name, destination] : destinations_) {
    if (!destination.has_place && name != OtherName()) {
      waiting.emplace_back(Activity(destination), &destination);
    }
  }
  const size_t given = std::min(top_ - placed_.size(), waiting.size());
  std::ranges::partial_sort(waiting, waiting.begin() + static_cast<ptrdiff_t>(given),
                            std::greater<>(), [](const auto& one) { return one.first; });
  for (size_t i = 0; i < given; ++i) GivePlace(*waiting[i].second);
}

void LaneTable::MovePlaces(const std::vector<const Listed*>& busy) {
  std::vector<std::pair<uint64_t, Destination*>> waiting;
  for (const Listed* one : busy) {
    if (!one->destination->has_place && *one->name != OtherName()) {
      waiting.emplace_back(Activity(*one->destination), one->destination);
    }
  }
  std::ranges::sort(waiting, std::greater<>(), [](const auto& one) { return one.first; });
  size_t moved = 0;
  std::erase_if(placed_, [&moved, &waiting](Destination* placed) {
    if (moved == waiting.size() || !Unused(*placed)) return false;
    placed->has_place = false;
    ++moved;
    return true;
  });
  for (size_t i = 0; i < moved; ++i) GivePlace(*waiting[i].second);
}

}  // namespace carillon::metrics
