#include "carillon/delivery/dispatcher.h"

#include <algorithm>

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
                                               store::Stores stores, store::ShardState state,
                                               http::Courier& courier,
                                               std::shared_ptr<Executor> executor,
                                               metrics::Metrics& metrics) {
  return std::make_unique<DispatcherImpl>(options, clock, random, stores, std::move(state), courier,
                                          std::move(executor), metrics);
}

DispatcherImpl::DispatcherImpl(const DispatcherOptions& options, const base::Clock& clock,
                               base::Random& random, store::Stores stores, store::ShardState state,
                               http::Courier& courier, std::shared_ptr<Executor> executor,
                               metrics::Metrics& metrics)
    : options_(options),
      observer_(options.observer != nullptr ? *options.observer : nobody_),
      clock_(clock),
      executor_(std::move(executor)),
      figures_(metrics.AddShard()),
      callbacks_(executor_),
      journal_(stores, options.shard, std::move(state), callbacks_, options.read_bytes),
      retry_clock_(clock),
      scheduler_(options.caps, lanes_, retry_clock_, random),
      lane_journal_(journal_, lanes_, scheduler_, [this] { Turn(); }),
      feed_(options.max_memory_bytes / 4, journal_, [this] { Turn(); }),
      router_(options, journal_.state(), feed_, held_, lanes_, scheduler_, routes_,
              RoutedCount(metrics, *figures_, options.shard, options.tables)),
      memory_(options.max_memory_bytes, held_, lanes_, scheduler_, router_),
      rows_(journal_, lanes_, scheduler_),
      gauges_(*figures_, courier, lanes_, retry_clock_),
      settlements_(
          options_, clock, journal_, scheduler_, router_,
          [this](const SettlementBuffer::Durable& durable) {
            rows_.OnDurable(durable);
            Turn();
          },
          [this](const absl::Status& why) { OnUnsettled(why); }),
      parked_rows_(settlements_, retry_clock_),
      pending_(journal_, router_, routes_),
      removals_(journal_, router_, metrics, observer_, settlements_),
      notifier_(clock, random, observer_, options.history.notices, routes_, settlements_),
      history_(options.history, options.shard, clock),
      dead_(clock, notifier_, settlements_, parked_rows_, removals_, history_),
      health_(clock, random, router_, notifier_),
      in_flight_(options.first_token_use, random, courier, scheduler_, removals_, history_),
      sender_(options.max_unsettled_rows, clock, scheduler_, in_flight_, settlements_, dead_),
      recorder_(clock, AttemptFigures(metrics, *figures_), observer_, options.tracer, settlements_,
                history_),
      retries_(clock, random, recorder_, parked_rows_, dead_),
      outcomes_(in_flight_, recorder_, parked_rows_, retries_, health_),
      fetcher_(options.max_memory_bytes, lane_journal_, scheduler_, held_, parked_rows_, dead_),
      evictor_(metrics, parked_rows_, dead_, notifier_),
      trimmer_(lane_journal_, lanes_, scheduler_, router_, evictor_),
      mover_(lane_journal_, lanes_, scheduler_, router_, evictor_),
      backlog_(lane_journal_, scheduler_, held_, router_, dead_),
      maker_(options_, courier, metrics, lanes_, scheduler_, router_),
      closer_(courier, scheduler_, dead_, removals_, evictor_),
      binder_(scheduler_, routes_, health_, maker_, closer_),
      changes_(journal_, callbacks_, routes_, binder_, [this] { Turn(); }),
      commands_(clock, routes_, scheduler_, health_, settlements_),
      statuses_(clock, routes_),
      finder_(lane_journal_),
      resender_(routes_, router_, finder_, settlements_, retry_clock_),
      remover_(clock, router_, settlements_, parked_rows_),
      purge_walks_(lanes_, scheduler_, lane_journal_, router_, remover_),
      purger_(routes_, scheduler_, finder_, remover_, purge_walks_) {
  courier.SetListener(this);
}

DispatcherImpl::~DispatcherImpl() = default;

void DispatcherImpl::OnJoined(uint64_t last) {
  if (feed_.Join(last)) callbacks_.Post([this] { Turn(); });
}

void DispatcherImpl::OnCommitted(const store::EventBatchPtr& batch) {
  if (feed_.Put(batch)) callbacks_.Post([this] { Turn(); });
}

void DispatcherImpl::OnResponse(uint64_t token, const http::Response& response) {
  outcomes_.OnResponse(token, response);
  Turn();
}

void DispatcherImpl::OnTimer() {
  armed_ = base::MonoTime::max();
  const base::MonoTime now = clock_.Mono();
  if (now >= tick_at_) Tick(now);
  Turn();
}

void DispatcherImpl::Turn() {
  if (!Resting() && routes_.table() != nullptr) {
    if (scheduler_.MayWake()) scheduler_.Wake(clock_.Mono());
    // Before memory is looked at: what was taken to be sent is not given up unsent.
    if (!sender_.SendReady()) PostTurn();
    if (!changes_.Busy()) RouteSome();
    if (!sender_.SendReady()) PostTurn();
    if (sender_.MayStart()) purger_.GoOn();  // before lanes are read for again
    if (memory_.RoomToRead()) {
      backlog_.Run();
      if (sender_.MayStart()) {
        mover_.Run();
        trimmer_.Run();
      }
      if (scheduler_.DueAt()) fetcher_.AskForDue(retry_clock_.Now());
      fetcher_.AskForHeld();
    }
    fetcher_.AskForMarks();
  }
  commands_.EndReleases();
  settlements_.Collect();
  if (settlements_.Due(clock_.Mono())) settlements_.Send();
  CheckDrained();
  ArmTimer();
}

void DispatcherImpl::RouteSome() {
  size_t events = 0;
  size_t deliveries = 0;
  while (!memory_.Full() && router_.Ready()) {
    if (++events > kTurnEvents || deliveries > kTurnDeliveries) {
      return PostTurn();
    }
    deliveries += router_.RouteNext();
  }
}

void DispatcherImpl::PostTurn() {
  if (std::exchange(turn_posted_, true)) return;
  callbacks_.Post([this] {
    turn_posted_ = false;
    Turn();
  });
}

void DispatcherImpl::Tick(base::MonoTime now) {
  tick_at_ = now + kTick;
  router_.Tick(now);
  memory_.Tick();
  if (!Resting() && routes_.table() != nullptr) {
    const store::Demand demand = journal_.demand();
    mover_.Follow(demand);
    trimmer_.Follow(demand);
  }
  evictor_.Tell(now);
  settlements_.Send();  // a watermark or cursor that moved without anything else to tell
}

void DispatcherImpl::ArmTimer() {
  base::MonoTime at = tick_at_;
  if (const auto send_at = settlements_.SendAt()) at = std::min(at, *send_at);
  // A due lane that may not ask yet is looked at again when an answer comes, or with the next tick.
  if (const auto due = scheduler_.DueAt();
      due && !fetcher_.Busy() && !Resting() && memory_.RoomToRead()) {
    at = std::min(at, retry_clock_.ToMono(*due));
  }
  if (const auto wake = scheduler_.WakeAt(); wake && !Resting()) at = std::min(at, *wake);
  if (at >= armed_) return;
  armed_ = at;
  executor_->WakeAt(at);
}

void DispatcherImpl::Drain(absl::AnyInvocable<void()> done) {
  draining_ = true;
  outcomes_.Stop();
  lane_journal_.Stop();
  drained_ = std::move(done);
  evictor_.TellAll();
  changes_.Stop();
  Turn();
}

void DispatcherImpl::OnUnsettled(const absl::Status& why) {
  unsettled_ = true;
  deposed_ = absl::IsAborted(why);
  lane_journal_.Stop();
  outcomes_.Stop();
  if (options_.on_unsettled) options_.on_unsettled(why);
}

void DispatcherImpl::CheckDrained() {
  if (drained_ == nullptr || in_flight_.size() > 0) return;
  settlements_.Send();
  // Posted: the one who is told may end the dispatcher at once.
  if (settlements_.Quiet() || deposed_) executor_->Post(std::exchange(drained_, nullptr));
}

}  // namespace carillon::delivery
