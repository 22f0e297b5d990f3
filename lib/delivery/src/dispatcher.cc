#include "carillon/delivery/dispatcher.h"

#include <algorithm>
#include <array>

#include "dispatcher_impl.h"

namespace carillon::delivery {
namespace {

using std::chrono::milliseconds;

// What one turn routes at most, so that the courier's sockets get theirs.
constexpr size_t kTurnEvents = 1024;
constexpr size_t kTurnDeliveries = 4096;
constexpr milliseconds kTick{250};

}  // namespace

std::unique_ptr<Dispatcher> Dispatcher::Create(const DispatcherOptions& options,
                                               const base::Clock& clock, base::Random& random,
                                               journal::Journal& journal, http::Courier& courier,
                                               Executor& executor, metrics::Metrics& metrics) {
  return std::make_unique<DispatcherImpl>(options, clock, random, journal, courier, executor,
                                          metrics);
}

void Dispatcher::SetTable(std::shared_ptr<const routing::RoutingTable> table,
                          absl::AnyInvocable<void(absl::Status)> done) {
  PrepareTable(std::move(table), [this, done = std::move(done)](absl::Status status) mutable {
    if (status.ok()) CommitTable();
    done(std::move(status));
  });
}

DispatcherImpl::DispatcherImpl(const DispatcherOptions& options, const base::Clock& clock,
                               base::Random& random, journal::Journal& journal,
                               http::Courier& courier, Executor& executor,
                               metrics::Metrics& metrics)
    : options_(options),
      observer_(options.observer != nullptr ? *options.observer : nobody_),
      clock_(clock),
      random_(random),
      journal_(journal),
      courier_(courier),
      executor_(executor),
      metrics_(metrics),
      recovered_last_(journal.recovered().last_position),
      home_(executor),
      retry_clock_(clock),
      scheduler_(options.caps, lanes_, retry_clock_),
      feed_(options_, journal, home_, [this] { Turn(); }),
      backlog_(options.read_bytes, journal, home_, lanes_, scheduler_, held_,
               {.next = [this] { return feed_.next(); },
                .was_settled = [this](uint64_t position,
                                      journal::LaneId lane) { return WasSettled(position, lane); },
                .on_lost = [this](Lane& lane, const journal::DueDelivery& row) { Lose(lane, row); },
                .on_read = [this] { Turn(); }}),
      news_(options_, clock, journal, home_,
            [this](const News::Durable& durable) { OnDurable(durable); }) {
  courier_.SetListener(this);
}

DispatcherImpl::~DispatcherImpl() = default;

void DispatcherImpl::OnCommitted(const journal::EventBatchPtr& batch) {
  if (feed_.Put(batch)) home_.Post([this] { Turn(); });
}

void DispatcherImpl::OnTimer() {
  armed_ = base::MonoTime::max();
  const base::MonoTime now = clock_.Mono();
  if (now >= tick_at_) Tick(now);
  Turn();
}

void DispatcherImpl::Turn() {
  if (!draining_ && table_ != nullptr) {
    if (scheduler_.MayWake()) scheduler_.Wake(clock_.Mono());
    SendReady();  // before memory is looked at: what was taken to be sent is not given up unsent
    if (!changing_) RouteSome();
    SendReady();
    if (MemoryForMore()) {
      backlog_.Run();
      MoveOn();
      AskForDue();
      AskForHeld();
    }
    AskForMarks();
  }
  CollectReports();
  if (news_.Due(clock_.Mono())) SendNews();
  CheckDrained();
  ArmTimer();
}

void DispatcherImpl::RouteSome() {
  size_t events = 0;
  size_t deliveries = 0;
  while (!OutOfMemory()) {
    if (tracker_.size() >= options_.max_tracked) BoundTracker();
    const model::EventPtr* event = feed_.Peek();
    if (event == nullptr) return;
    if (++events > kTurnEvents || deliveries > kTurnDeliveries) {
      return PostTurn();
    }
    deliveries += Route(*event);
    feed_.Pop();
  }
}

void DispatcherImpl::PostTurn() {
  if (std::exchange(turn_posted_, true)) return;
  home_.Post([this] {
    turn_posted_ = false;
    Turn();
  });
}

size_t DispatcherImpl::Route(const model::EventPtr& event) {
  const uint64_t position = event->position();
  table_->Match(*event, matched_);
  targets_.clear();
  size_t wanted = 0;
  for (const uint32_t index : matched_) {
    Lane& lane = *lane_of_[index];
    if (position >= lane.from()) ++wanted;
    if (!lane.WantsLive(position) || WasSettled(position, lane.id())) continue;
    if (lane.Full()) {
      lane.FallBehind(position);
      scheduler_.Touched(lane);
      continue;
    }
    targets_.push_back(&lane);
  }
  if (position > recovered_last_) routed_count_.Count(*event, wanted);
  if (targets_.empty()) return 0;
  const HeldRef held = held_.Hold(event);
  const uint64_t slot = tracker_.Add(position, static_cast<uint32_t>(targets_.size()));
  for (Lane* lane : targets_) {
    lane->Enqueue(held, slot);
    scheduler_.Touched(*lane);
  }
  return targets_.size();
}

bool DispatcherImpl::WasSettled(uint64_t position, journal::LaneId lane) const {
  return position <= recovered_last_ && journal_.WasSettled(position, lane);
}

bool DispatcherImpl::OutOfMemory() {
  if (out_of_memory_) {
    out_of_memory_ = !MemoryForMore();
  } else if (held_.bytes() >= options_.max_memory_bytes) {
    RelieveMemory(0);
    out_of_memory_ = !MemoryForMore();
  }
  return out_of_memory_;
}

// The shard's memory is shared out: no lane keeps more than its part of half of it. What cannot be
// given up (attempts under way) is waited for.
void DispatcherImpl::RelieveMemory(int halvings) {
  size_t holders = 0;
  lanes_.ForEach([&](Lane& lane) { holders += lane.fresh_bytes() > 0 ? 1 : 0; });
  const size_t share = (options_.max_memory_bytes / 2 / std::max<size_t>(holders, 1)) >> halvings;
  lanes_.ForEach([&](Lane& lane) {
    if (lane.fresh_bytes() <= share && lane.retries().empty()) return;
    lane.Shed(share, feed_.next());
    scheduler_.Touched(lane);
  });
}

void DispatcherImpl::BoundTracker() {
  const uint64_t young = tracker_.PositionAt(tracker_.size() / 2);
  lanes_.ForEach([&](Lane& lane) {
    if (lane.LowestUnsettled() >= young) return;
    lane.Detach();
    scheduler_.Touched(lane);
  });
}

void DispatcherImpl::Tick(base::MonoTime now) {
  tick_at_ = now + kTick;
  const uint64_t watermark = Watermark();
  if (watermark != oldest_ || tracker_.size() == 0) {
    oldest_ = watermark;
    oldest_since_ = now;
  } else if (now - oldest_since_ >= options_.max_hold) {
    lanes_.ForEach([&](Lane& lane) {
      if (lane.LowestUnsettled() > watermark + 1) return;
      lane.Detach();
      scheduler_.Touched(lane);
    });
  }
  scheduler_.ForEach(LaneNeed::kRecovery, [this](Lane& lane) {
    if (lane.EndRecovery(recovered_last_, feed_.next())) scheduler_.Touched(lane);
  });
  // What fills the memory may wait, in order, for what is parked or not read yet: then it is given
  // up, half as much kept with every tick.
  const bool starved =
      !MemoryForMore() && (scheduler_.DueAt() || scheduler_.Has(LaneNeed::kHeldRows) ||
                           scheduler_.Has(LaneNeed::kBacklog));
  starved_ = starved ? std::min(starved_ + 1, 32) : 0;
  if (out_of_memory_ || starved_ > 1) RelieveMemory(std::max(starved_ - 2, 0));
  FollowDemand();
  TellGivenUp(now);
  SendNews();  // a watermark or cursor that moved without other news
}

// Rows must be part of the settlement at whose watermark their deliveries count as settled, or of
// one before it.
void DispatcherImpl::CollectReports() {
  while (Lane* lane = scheduler_.Next(LaneNeed::kReport)) {
    for (const journal::ParkedKey& row : lane->TakeReplacedRows()) news_.Add(row);
    for (journal::Parked& row : lane->TakeHeldRows()) news_.Add(std::move(row));
    if (const auto health = lane->TakeHealth()) news_.Add(*health);
    scheduler_.Touched(*lane);
  }
}

// Cursors and watermark are taken at the same instant and written in the same transaction: what
// the watermark passes unsettled, a cursor covers.
void DispatcherImpl::CollectCursors() {
  scheduler_.ForEach(LaneNeed::kCursor, [this](Lane& lane) {
    const std::optional<journal::LaneCursor> cursor = lane.TakeCursor();
    if (!cursor) return;
    news_.Add(*cursor);
    scheduler_.Touched(lane);
  });
}

void DispatcherImpl::SendNews() {
  if (!news_.MaySend()) return;
  CollectReports();
  CollectCursors();
  news_.Send(Watermark());
}

void DispatcherImpl::OnDurable(const News::Durable& durable) {
  for (const auto& [id, due] : durable.parked) {
    Lane* lane = lanes_.Find(id);
    if (lane != nullptr && !lane->closing()) OnParked(*lane, due);
  }
  for (const journal::ParkedKey& key : durable.unparked) {
    Lane* lane = lanes_.Find(key.lane);
    if (lane != nullptr && !lane->closing()) OnUnparked(*lane, key);
  }
  if (!durable.closed.empty()) {
    journal_.CloseLanes(durable.closed);
    for (const journal::LaneId id : durable.closed) {
      scheduler_.Leave(*lanes_.Find(id));
      lanes_.Erase(id);
    }
    closing_ -= durable.closed.size();
    NextChange();
  }
  Turn();
}

void DispatcherImpl::OnParked(Lane& lane, base::WallTime due) {
  if (due < journal::kFirstHeldDue) {
    lane.retries().AddDue(due);
  } else if (due == journal::kKeptDue) {
    lane.OnKept();
  } else if (const journal::GroupId group = journal::GroupHeldAt(due); group != 0) {
    lane.groups().OnHeld(group);
  } else if (lane.marks.changed) {
    lane.groups().WantPass();  // it was made before the change and is seen only now
  }
  scheduler_.Touched(lane);
}

void DispatcherImpl::OnUnparked(Lane& lane, const journal::ParkedKey& key) {
  if (key.due == journal::kKeptDue) return;
  if (key.due < journal::kFirstHeldDue) {
    lane.retries().Forget(key.due, key.position);
  } else if (const journal::GroupId group = journal::GroupHeldAt(key.due); group != 0) {
    lane.groups().OnRemoved(group);
  } else {
    lane.groups().OnPassed(key.position);
    lane.groups().WantPass();  // there may be more than one answer holds
  }
  scheduler_.Touched(lane);
}

void DispatcherImpl::ArmTimer() {
  base::MonoTime at = tick_at_;
  if (const auto send_at = news_.SendAt()) at = std::min(at, *send_at);
  // A due lane that may not ask yet is looked at again when an answer comes, or with the next tick.
  if (const auto due = scheduler_.DueAt(); due && asks_ == 0 && !draining_ && MemoryForMore()) {
    at = std::min(at, retry_clock_.ToMono(*due));
  }
  if (const auto wake = scheduler_.WakeAt(); wake && !draining_) at = std::min(at, *wake);
  if (at >= armed_) return;
  armed_ = at;
  executor_.WakeAt(at);
}

void DispatcherImpl::Drain(absl::AnyInvocable<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  for (Lane* lane : std::vector<Lane*>(given_up_lanes_)) TellGivenUpBy(*lane);
  NextChange();
  Turn();
}

void DispatcherImpl::CheckDrained() {
  if (drained_ == nullptr || attempts_.live() > 0) return;
  SendNews();
  // Posted: the one who is told may end the dispatcher at once.
  if (news_.Quiet(Watermark())) executor_.Post(std::exchange(drained_, nullptr));
}

void DispatcherImpl::PublishGauges() {
  retry_clock_.Now();
  base::MonoTime due = base::MonoTime::max();
  lanes_.ForEach([&](Lane& lane) {
    lane.PublishGauges();
    const auto next = lane.NextRetry();
    if (next) due = std::min(due, std::max(retry_clock_.ToMono(*next), lane.retries_free_since()));
  });
  const auto relaxed = std::memory_order_relaxed;
  static_assert(base::MonoTime::max().time_since_epoch().count() ==
                metrics::ShardMetrics::kNothingDue);
  if (draining_) due = base::MonoTime::max();  // nothing is started any more
  figures_->retry_due_ns.store(due.time_since_epoch().count(), relaxed);
  const http::ConnectionCounts connections = courier_.connections();
  const std::array counts = {connections.connecting, connections.busy, connections.idle};
  for (size_t i = 0; i < counts.size(); ++i) {
    figures_->connections[i].store(static_cast<int64_t>(counts[i]), relaxed);
  }
}

}  // namespace carillon::delivery
