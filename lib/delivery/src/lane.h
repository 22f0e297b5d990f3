#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "attempts.h"
#include "backlog_cursor.h"
#include "batch_wait.h"
#include "begun.h"
#include "carillon/delivery/destination_status.h"
#include "carillon/http/courier.h"
#include "carillon/metrics/metrics.h"
#include "carillon/model/pending.h"
#include "carillon/policy/failing_stretch.h"
#include "carillon/policy/fair_queue.h"
#include "carillon/policy/in_flight_caps.h"
#include "carillon/routing/routing_table.h"
#include "carillon/store/lane_state.h"
#include "carillon/store/parked.h"
#include "carillon/store/settlement.h"
#include "detail_allowance.h"
#include "groups.h"
#include "held_event.h"
#include "kept_rows.h"
#include "lane_hook.h"
#include "lane_wants.h"
#include "pace.h"
#include "request_maker.h"
#include "retry_queue.h"
#include "ring_queue.h"
#include "tracker.h"

namespace carillon::delivery {

/// What a lane may hold in its queue; over it, it falls behind.
struct LaneBounds {
  size_t bytes = 4u << 20;
  size_t events = 65'536;
  size_t floor_bytes = 64u << 10;  ///< what it keeps when memory is short
};

/// The living queue of one destination. It decides (what is sent next, when it is full, where it
/// stands in the journal) and does nothing: the dispatcher drives it, and tells the LaneScheduler
/// after each change, which lists it by what it `Wants`. One thread.
///
/// New deliveries ("fresh") wait in the order of their positions; those that go in order wait for
/// their turn in `Groups`. A lane is *live*: routing gives it every event it wants; or *behind*: it
/// wants every event from its cursor on, and gets them from journal reads. What always holds: each
/// event the lane wanted is settled, or in memory, or at or above the cursor, or above what was
/// routed.
///
/// The watermark waits only for deliveries that have a slot of the tracker; those of a lane that
/// fell behind lost it, and `DurableCursor` covers them instead.
class Lane : public policy::FairItem<Lane>, public LaneHook {
 public:
  Lane(const store::LaneState& state, const LaneBounds& bounds, Tracker& tracker,
       std::shared_ptr<metrics::LaneMetrics> metrics);

  /// Takes the destination at `place` of a table for its own, at `now`. What waits for its first
  /// attempt follows the order that it has there; what is under way in another order, or waits
  /// behind that, keeps to it among itself.
  void Bind(const routing::RoutingTable& table, uint32_t place, base::MonoTime now);
  /// What it sends from now on goes to `endpoint`, in the name of `user_agent`, which outlives it.
  void SetRequests(http::EndpointId endpoint, const std::string& user_agent);

  store::LaneId id() const { return id_; }
  const model::Destination& destination() const { return *destination_; }
  http::EndpointId endpoint() const { return endpoint_; }
  metrics::LaneMetrics& metrics() { return *metrics_; }
  std::shared_ptr<metrics::LaneMetrics> shared_metrics() const { return metrics_; }
  /// Of its destination in the table in force; of a lane that is closed, in the last that had it.
  uint32_t place() const { return place_; }
  /// Events before this position are none of its.
  uint64_t from() const { return from_; }
  /// Made when something is sent for the first time: most of many destinations are idle, and the
  /// states of their keys' digests alone take half a kilobyte each.
  RequestMaker& requests();
  /// It had another destination before.
  bool changed() const { return changed_; }
  void SetChanged() { changed_ = true; }
  RetryQueue& retries() { return retries_; }
  const RetryQueue& retries() const { return retries_; }
  Groups& groups() { return groups_; }
  Pace& pace() { return pace_; }
  const Pace& pace() const { return pace_; }

  /// What it waits for, now: each change of the lane may have changed that.
  LaneWants Wants() const;

  // --- Whether it is enabled.

  enum class Mode : uint8_t {
    kRun,
    kRest,  ///< disabled: nothing comes in or goes out, everything waits in the journal
    kDrop,  ///< disabled: what comes in or back is to be declared dead
  };
  Mode mode() const { return mode_; }
  /// `next`: the next position to route; a lane that rests is behind from there on, or from where
  /// it was.
  void SetMode(Mode mode, uint64_t next);
  const store::Health& health() const { return health_; }
  void SetHealth(store::Health health) {
    health_ = std::move(health);
    health_changed_ = true;
  }
  /// For the journal, when it changed since the last call.
  std::optional<store::LaneHealth> TakeHealth();

  // --- What comes in.

  /// Whether routing gives it events at `position`.
  bool WantsLive(uint64_t position) const { return !cursor_.behind() && position >= from_; }
  /// Whether an event read from the journal at or above the cursor is for it, by the table in
  /// force.
  bool Matches(const routing::RoutingTable& table, const model::Event& event) const {
    return event.position() >= from_ && table.Matches(event, place_);
  }
  bool Full() const { return bytes_ >= limit_ || fresh_.size() >= bounds_.events; }
  /// `slot`: the tracker's, or kNone when it was read for a lane that is behind.
  void Enqueue(HeldRef event, uint64_t slot);
  /// A delivery that was kept, see KeptRows::Take.
  void EnqueueKept(HeldRef event);
  /// The journal's answer to Groups::NextAsk. `hold` is called with each row that comes back now,
  /// and returns its event; nothing where the row's removal follows.
  template <typename Hold>
  void OnHeldRows(Groups::Ask ask, const std::vector<store::DueDelivery>& rows, Hold hold) {
    const auto take = [this, group = ask.group,
                       &hold](const store::DueDelivery& row) -> std::optional<Delivery> {
      HeldRef event = hold(row);
      if (!event) return std::nullopt;
      bytes_ += event->bytes();
      return Delivery{
          .event = std::move(event), .group = group, .attempts = row.parked.attempts, .held = true};
    };
    groups_.OnRows(std::move(ask), rows, take);
  }

  // --- Falling behind and catching up.

  /// It will want `position` and all that follow from the journal.
  void FallBehind(uint64_t position);
  /// The watermark no longer waits for what the lane has in memory.
  void Detach();
  /// Gives up what is queued beyond `keep_bytes`, youngest first, to read it again later; and all
  /// retries, whose rows are in the journal. `next`: the next position to route.
  void Shed(size_t keep_bytes, uint64_t next);
  /// The events from the cursor up to `position` were looked at.
  void MoveCursor(uint64_t position) { cursor_.MoveTo(position); }
  /// The cursor reached what is routed next: it is live again.
  void CatchUp();
  const std::optional<uint64_t>& cursor() const { return cursor_.position(); }
  /// It is behind and its queue is at most half full.
  bool NeedsRead() const {
    return cursor_.behind() && !closing_ && mode_ != Mode::kRest && bytes_ < limit_ / 2 &&
           fresh_.size() < bounds_.events / 2 && (!kept_.writing() || !kept_.empty());
  }
  /// The same, and what it reads next is the journal at its cursor.
  bool ReadsJournal() const { return NeedsRead() && kept_.empty(); }
  /// It is read for, or its cursor moves on: of these one at a time.
  using Reading = Begun<Lane>;
  Reading BeginRead() {
    reading_ = true;
    return {};
  }
  void EndRead(Reading reading) {
    reading.End();
    reading_ = false;
  }
  bool reading() const { return reading_; }
  /// What the journal must know so that the watermark may pass the lane's unsettled events.
  std::optional<uint64_t> DurableCursor() const;
  /// For the journal, when it is another than at the last call.
  std::optional<store::LaneCursor> TakeCursor();
  /// Lowest position of a delivery in memory that is not settled; kNone: there is none.
  uint64_t LowestUnsettled() const;

  // --- What it keeps of events that left the journal.
  //
  // So that the journal can let go of the events around them, what a lane behind wants is written
  // as rows of their own (store::Due::Kept()), and its cursor moves on. All these come before what
  // lies at the cursor, and are read first.

  /// The row of an event at the cursor, to be written: the event is settled, and the cursor moves
  /// beyond it. Nothing may be queued.
  store::Parked Keep(const model::Event& event);
  /// `EnqueueKept`, or the removal of the row, follows each that is taken.
  KeptRows& kept() { return kept_; }
  /// See Groups::upsets; the same for kept rows.
  uint64_t upsets() const { return groups_.upsets() + kept_.upsets(); }
  /// Its rows are listed, a page at a time; several lists may be under way.
  struct [[nodiscard]] Listing {
    RetryQueue::Listing retries;
    Groups::Listing groups;
  };
  Listing BeginListing() { return {retries_.BeginListing(), groups_.BeginListing()}; }
  void EndListing(Listing listing) {
    retries_.EndListing(std::move(listing.retries));
    groups_.EndListing(std::move(listing.groups));
  }
  store::GroupId GroupOf(const model::Event& event) const;

  // --- What goes out.

  /// Something waits and may start.
  bool Ready() const;
  /// When to call `Wake`; nothing: there is no need to.
  std::optional<base::MonoTime> WakeAt() const;
  /// `wall`: by the clock that retries are due by.
  void Wake(base::MonoTime now, base::WallTime wall);
  /// The next to send; only when `Ready`. Fresh ones come before retries, but for one in
  /// `kRetryTurn`, so that a busy destination's retries end too. Nothing: there is none now after
  /// all; `Ready` and `WakeAt` tell whether to ask again.
  std::optional<DeliveryBatch> NextBatch(base::MonoTime now, base::WallTime wall);
  /// When to ask for parked rows; nothing: there is no need to, or not now.
  std::optional<base::WallTime> AskAt() const { return retries_.AskAt(!pace_.NoRetry()); }
  /// How many parked rows to ask for, so that about `max_bytes` come and they can go soon.
  size_t AskLimit(size_t max_bytes) const {
    return mode_ == Mode::kDrop
               ? retries_.AskLimit(max_bytes)
               : retries_.AskLimit(max_bytes, static_cast<size_t>(pace_.retries()));
  }
  /// Up to when rows are to be taken that are due by `now`, the next at `next`: it may be one whose
  /// time counts for nothing (see LaneWants::due_at).
  base::WallTime TakeUntil(base::WallTime next, base::WallTime now) const {
    return next > now + DueHorizon() ? next : now;
  }
  /// Whether a row of the answer, which is due at `due`, may go now. It may have been asked for
  /// before its time, to be declared dead, and the lane been enabled since.
  bool MayTake(base::WallTime due, base::WallTime now) const { return due <= TakeUntil(due, now); }
  /// Whether a retry of the event `wait` after `now` is later than its destination wants it.
  bool TooLate(const model::Event& event, std::chrono::nanoseconds wait, base::WallTime now) const;
  void Started(Attempt& attempt, base::MonoTime now);
  /// What the batch carries is settled, or parked (again).
  void Finished(Attempt& attempt, Ending ending);
  /// The same for a batch that is not sent.
  void Dropped(DeliveryBatch& deliveries, Ending ending);
  /// Ends the groups' recovery when all up to `last`, the journal's last position at start, went
  /// through the lane; `next` is the next position to route. True: it is over.
  bool EndRecovery(uint64_t last, uint64_t next);
  /// Rows that must be written, since the last call: the lane counts these deliveries as settled,
  /// and as parked.
  std::vector<store::Parked> TakeHeldRows() { return std::exchange(held_rows_, {}); }
  /// Kept rows that such rows replace, since the last call.
  std::vector<store::ParkedKey> TakeReplacedRows() { return std::exchange(replaced_rows_, {}); }

  // --- Whether Carillon is late.

  /// Before `at` it could not have sent more, for its destination's sake.
  void FreedAt(base::MonoTime at) { free_since_ = std::max(free_since_, at); }
  /// The latest of these; MonoTime::min(): it always could.
  base::MonoTime free_since() const { return free_since_; }
  /// The same for retries, which wait for their budget, too.
  base::MonoTime retries_free_since() const { return std::max(free_since_, retries_free_since_); }
  /// What comes next may wait for the end of an attempt.
  bool WaitsForEnds() const {
    return in_flight_.size() >= pace_.Limit() || destination_->order.by != model::Ordering::kNone;
  }
  /// When its next retry is due, if nothing keeps it from going then but Carillon.
  std::optional<base::WallTime> NextRetry() const;
  /// Counts a change of its breaker; after whatever may have changed it.
  void NoteBreaker();

  // --- The end.

  /// Nothing comes in or goes out any more; returns the positions of deliveries that were waiting
  /// and have no rows. They are settled for the tracker.
  std::vector<uint64_t> Close();
  bool closing() const { return closing_; }
  /// Closed, and nothing is in flight.
  bool Gone() const { return closing_ && in_flight_.empty(); }

  // --- Figures.

  /// Of the details of its attempts; made when one ends for the first time, as `requests` are.
  DetailAllowance& details() {
    if (details_ == nullptr) details_ = std::make_unique<DetailAllowance>();
    return *details_;
  }
  size_t fresh_bytes() const { return bytes_; }
  size_t in_flight() const { return in_flight_.size(); }
  void SetFailing(bool on) { failing_ = on; }
  void PublishGauges();
  /// All but what lies behind the cursor.
  model::Pending CountPending() const;
  DestinationStatus Describe(base::MonoTime now, base::WallTime wall) const;

  /// Kept by the dispatcher.
  std::shared_ptr<policy::InFlightCaps::Tenant> tenant;
  policy::FailingStretch failing;
  /// What came of its attempts since the start; those that were cancelled are none.
  struct Results {
    static constexpr base::MonoTime kNever = base::MonoTime::min();
    base::MonoTime last = kNever;  ///< when it ended
    base::MonoTime last_success = kNever;
    model::Outcome outcome = model::Outcome::kSuccess;  ///< of the last
    uint16_t http_status = 0;
    std::optional<base::WallTime> opened;  ///< when its breaker opened, from closed, the last time
  };
  Results results;
  /// Groups whose marks may pass, for their owner calls; 0: of all groups.
  std::vector<store::GroupId> releasing;
  /// Positions of dead deliveries that were purged, ascending: their marks may pass.
  std::vector<uint64_t> passing;

 private:
  static constexpr uint32_t kRetryTurn = 8;
  // What one call looks at in search of a delivery that may go now.
  static constexpr int kLooks = 64;

  /// Nothing may start for now, for its destination's sake.
  bool HeldByDestination() const { return pace_.Blocked() && !pace_.OnlyShort(); }
  /// It has room and use for rows of held deliveries.
  bool WantsHeld() const {
    return !closing_ && mode_ != Mode::kRest && !pace_.Resting() && bytes_ < limit_ / 2 &&
           groups_.MayAsk();
  }
  bool HasHeldRows() const { return !held_rows_.empty(); }
  /// The oldest of fresh_ may be looked at for a new batch.
  bool FreshOpen() const;
  bool FreshReady() const;
  /// Events in one POST at most.
  size_t BatchMost() const;
  /// See LaneWants::due_horizon.
  std::chrono::nanoseconds DueHorizon() const {
    return mode_ == Mode::kDrop ? std::chrono::nanoseconds(0) : due_horizon_;
  }
  /// The next of retries_, which are not empty; nothing: the retry budget allows none.
  std::optional<DeliveryBatch> NextParked(base::MonoTime now);
  /// Takes a retry from the budget.
  bool TakeRetry(base::MonoTime now);
  /// Whether the next batch may go though it is not full, or else when.
  bool BatchDue(base::MonoTime now, base::WallTime wall);
  bool BatchFull() const;
  std::optional<DeliveryBatch> Compose();
  /// The next delivery for the batch of `count` with `payload` bytes so far; nothing: it is whole.
  std::optional<Delivery> NextDelivery(Groups::Composer& composer, size_t count, size_t payload);
  bool Fits(const Delivery& delivery, size_t count, size_t payload) const;
  void Hold(std::vector<Delivery> waiting);
  void WriteRow(const Delivery& delivery);
  /// Unix ns of acceptance of the oldest delivery in memory that is not in flight; 0: none.
  int64_t OldestReady() const;
  /// Whether it is disabled or paused, why and since when; into the status.
  void DescribeState(base::MonoTime now, base::WallTime wall, DestinationStatus& status) const;
  /// In memory, without rows, not in flight.
  size_t Queued() const { return fresh_.size() - kept_.queued() + groups_.unsettled(); }
  /// For the gauge; `ready` deliveries wait in memory.
  metrics::DestinationState Condition(size_t ready) const;
  bool Unsettled(const DeliveryBatch& deliveries, const Delivery& delivery) const {
    return !deliveries.parked && !delivery.held;
  }
  void Settle(const Delivery& delivery);

  const store::LaneId id_;
  const LaneBounds bounds_;
  Tracker& tracker_;
  const std::shared_ptr<metrics::LaneMetrics> metrics_;
  routing::DestinationPtr destination_;
  uint32_t place_ = 0;
  http::EndpointId endpoint_ = 0;
  const std::string* user_agent_ = nullptr;
  std::unique_ptr<RequestMaker> requests_;
  std::unique_ptr<DetailAllowance> details_;
  store::Health health_;

  uint64_t from_;  // positions below are not for this lane
  BacklogCursor cursor_;
  size_t limit_;  // of bytes_
  RingQueue<Delivery> fresh_;
  Groups groups_;
  size_t bytes_ = 0;    // of what waits in fresh_ and groups_
  size_t payload_ = 0;  // of what waits in fresh_
  RetryQueue retries_;
  std::chrono::nanoseconds due_horizon_{0};  // no retry is due later than this
  std::vector<Attempt*> in_flight_;
  Pace pace_;
  BatchWait batch_;
  std::vector<store::Parked> held_rows_;
  std::vector<store::ParkedKey> replaced_rows_;
  KeptRows kept_;  // those queued are at the front of fresh_
  base::MonoTime free_since_ = base::MonoTime::min();
  base::MonoTime retries_free_since_ = base::MonoTime::min();  // when the budget allowed one again
  uint32_t turn_ = 0;
  metrics::BreakerState breaker_ = metrics::BreakerState::kClosed;  // as counted last
  bool out_of_budget_ = false;  // its retries wait for the budget, and that was counted
  Mode mode_ = Mode::kRun;
  bool health_changed_ = false;  // since the journal was told
  bool reading_ = false;         // see BeginRead
  bool failing_ = false;
  bool changed_ = false;
  bool closing_ = false;
};

}  // namespace carillon::delivery
