#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attempts.h"
#include "backlog.h"
#include "carillon/delivery/dispatcher.h"
#include "carillon/policy/retry.h"
#include "feed.h"
#include "held_event.h"
#include "home.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "news.h"
#include "operational.h"
#include "pending.h"
#include "removal.h"
#include "retry_clock.h"
#include "routed_count.h"
#include "tracker.h"

namespace carillon::delivery {

/// Ties the pieces together: events from the Feed go to lanes and into the Tracker; lanes that are
/// ready send through the courier; outcomes become News. What it does falls into nine files:
/// dispatcher.cc (routing, memory, time), sending.cc (attempts that start), outcomes.cc (those that
/// end), parked.cc (what comes back from the journal), keeping.cc (what is kept, and how much),
/// health.cc (breaker, disabling), reload.cc (tables), removal.cc (what dies with a destination),
/// pending.cc (what would).
class DispatcherImpl final : public Dispatcher {
 public:
  DispatcherImpl(const DispatcherOptions& options, const base::Clock& clock, base::Random& random,
                 journal::Journal& journal, http::Courier& courier, Executor& executor,
                 metrics::Metrics& metrics);
  ~DispatcherImpl() override;

  void OnCommitted(const journal::EventBatchPtr& batch) override;
  void OnResponse(uint64_t token, const http::Response& response) override;
  void PrepareTable(std::shared_ptr<const routing::RoutingTable> table,
                    absl::AnyInvocable<void(absl::Status)> ready) override;
  void CommitTable() override;
  void DiscardTable() override;
  void OnTimer() override;
  void Drain(absl::AnyInvocable<void()> done) override;
  void PublishGauges() override;
  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override;
  void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) override;

  /// For tests that check the bounds.
  size_t held_bytes() const { return held_.bytes(); }
  template <typename Visit>
  void ForEachLane(Visit visit) {
    lanes_.ForEach(visit);
  }
  const LaneScheduler& scheduler() const { return scheduler_; }

 private:
  using TableReady = absl::AnyInvocable<void(absl::Status)>;
  struct TableChange {
    std::shared_ptr<const routing::RoutingTable> table;
    TableReady ready;
    std::vector<http::Url> urls;             // of its destinations
    std::vector<Lane*> lanes;                // of its destinations; null: new
    std::vector<journal::LaneState> opened;  // those that are new
  };

  // --- dispatcher.cc
  /// Everything that may have become possible: called at the end of each entry point that can
  /// free memory, bring events or open lanes.
  void Turn();
  /// One more, after what else is ready.
  void PostTurn();
  void RouteSome();
  size_t Route(const model::EventPtr& event);
  bool WasSettled(uint64_t position, journal::LaneId lane) const;
  bool OutOfMemory();
  void RelieveMemory(int halvings);
  void BoundTracker();
  void Tick(base::MonoTime now);
  void SendNews();
  void CollectReports();
  void CollectCursors();
  void OnDurable(const News::Durable& durable);
  void OnParked(Lane& lane, base::WallTime due);
  void OnUnparked(Lane& lane, const journal::ParkedKey& key);
  void ArmTimer();
  void CheckDrained();
  uint64_t Watermark() const { return tracker_.Watermark(feed_.next()); }
  bool MemoryForMore() const { return held_.bytes() < options_.max_memory_bytes / 4 * 3; }

  // --- sending.cc
  void SendReady();
  void SendNext(Lane& lane, base::WallTime wall, base::MonoTime now);
  void Send(Lane& lane, Parcel&& parcel, base::WallTime wall, base::MonoTime now);
  /// How late Carillon is with the first attempt of `parcel`, which starts now; never negative.
  static std::chrono::nanoseconds LateBy(const Lane& lane, const Parcel& parcel,
                                         base::WallTime wall, base::MonoTime now);
  bool MayStart() const { return !draining_ && news_.rows() < options_.max_unsettled_news; }

  // --- outcomes.cc
  void ObservePhases(const http::PhaseTimes& times);
  void AddAttemptRows(const Attempt& attempt, model::Outcome outcome,
                      const http::Response& response, bool abandoned);
  /// Of an attempt of a sampled trace, where there is a tracer.
  void RecordSpan(const Attempt& attempt, model::Outcome outcome, const http::Response& response);
  /// An attempt that this machine was too short of something to make; it goes again soon.
  void Postpone(Attempt& attempt, const http::Response& response);
  /// `result` tells of a success, too.
  void Conclude(Attempt& attempt, const policy::Failure& result);
  void Finish(Attempt& attempt, Ending ending);
  Ending Fail(Lane& lane, const Parcel& parcel, const policy::Failure& failure);
  /// Whether a retry of the event after `wait` is later than the destination wants it.
  bool TooLate(const Lane& lane, const model::Event& event, std::chrono::milliseconds wait) const;
  void Park(Lane& lane, const Parcel& parcel, base::WallTime due, uint32_t attempts);
  /// Parks the deliveries of a batch one by one: what it was parked for is not sent together any
  /// more. Those that go in order are held behind the first of their group.
  void ParkApart(Lane& lane, const journal::Parked& batch);
  /// Takes away the rows of a parcel that was in flight.
  void Unpark(Lane& lane, const Parcel& parcel);
  /// A parcel that the lane gave out is not tried.
  void GiveUp(Lane& lane, Parcel parcel);
  Ending Bury(Lane& lane, const Parcel& parcel, uint32_t attempts, model::Outcome outcome);
  void NoteDead(Lane& lane, const Observer::GivenUp& delivery);
  void AddDead(Lane& lane, const model::Event& event, uint32_t attempts, model::Outcome outcome);
  /// Whether anybody subscribed to an operational type in the lane's tenant.
  bool IsWanted(const Lane& lane, std::string_view type) const {
    return table_->IsSubscribed(lane.destination().tenant, type);
  }

  // --- parked.cc
  void AskForDue();
  void OnDue(journal::LaneId id, const journal::DueDeliveries& answer);
  Parcel ParcelOf(const journal::DueDelivery& row);
  void TakeApart(Lane& lane, journal::Parked batch);
  void Lose(Lane& lane, const journal::DueDelivery& row);
  void AskForHeld();
  void OnHeld(journal::LaneId id, journal::GroupId group, const journal::DueDeliveries& answer);
  bool Passes(const Lane& lane, uint32_t generation) const;
  /// Takes away the marks of groups that are held no longer; asks the journal which there are.
  void AskForMarks();
  void OnMarks(journal::LaneId id, const journal::DueDeliveries& answer);

  // --- health.cc
  void OnBreaker(Lane& lane, policy::Breaker::Change change);
  void JudgeHealth(Lane& lane, const policy::Failure& result, bool retries_ended);
  void Disable(Lane& lane, model::DisabledReason why);
  void Enable(Lane& lane);
  void TellRecovered(const Lane& lane, Recovery how);
  void FollowSwitch(Lane& lane);
  void SetMode(Lane& lane);

  // --- keeping.cc
  /// Looks at what the journal asks for.
  void FollowDemand();
  /// Has the lane move its cursor above what is to leave the journal, if it is below.
  void StartMoving(Lane& lane);
  /// Reads on for lanes that move.
  void MoveOn();
  void OnMoving(journal::LaneId id, uint64_t leave_to, const journal::EventBatch& batch);
  void KeepOrGiveUp(Lane& lane, const model::Event& event);
  void StartGivingUp(Lane& lane, const journal::GiveUp& give_up);
  void GiveUpRows();
  void OnParkedPage(journal::LaneId id, const journal::GiveUp& asked,
                    const journal::ParkedPage& page);
  void EndGivingUp(Lane& lane, const journal::GiveUp& asked);
  bool TakeToGiveUp(Lane& lane, const journal::Parked& row);
  /// The deliveries of `row`, which need not be in the journal, are dead.
  void BuryRow(Lane& lane, const journal::Parked& row, bool too_old);
  void TellGivenUp(base::MonoTime now);
  void TellGivenUpBy(Lane& lane);

  // --- removal.cc
  void BeginRemoval(Lane& lane);
  void CountRemoved(Removal& removal, uint64_t deliveries);
  /// Nothing of a lane that is being closed is in flight any more.
  void LaneGone(Lane& lane);
  void GoOnRemoving(journal::LaneId id);
  void OnCounting(journal::LaneId id, const journal::EventBatchPtr& batch);

  void TellRemovals();

  // --- pending.cc
  void ReadForPending(std::shared_ptr<PendingScan> scan);
  void OnPendingRead(const std::shared_ptr<PendingScan>& scan, const journal::EventBatchPtr& batch);

  // --- reload.cc
  void NextChange();
  absl::Status Prepare(TableChange& change, std::vector<journal::LaneName>& added) const;
  void OnOpened(TableChange change, const absl::StatusOr<std::vector<journal::LaneState>>& opened);
  void Ready(TableChange change);
  void Apply(TableChange change);
  Lane& AddLane(const model::Destination& destination, const journal::LaneState& state);
  void Configure(Lane& lane, const http::Url& url, bool open);
  void CloseLane(Lane& lane);
  void EndChange();

  const DispatcherOptions options_;
  Observer nobody_;
  Observer& observer_;
  const base::Clock& clock_;
  base::Random& random_;
  journal::Journal& journal_;
  http::Courier& courier_;
  Executor& executor_;
  metrics::Metrics& metrics_;
  const std::shared_ptr<metrics::ShardMetrics> figures_ = metrics_.AddShard();
  RoutedCount routed_count_{metrics_, *figures_, options_.shard, options_.tables};
  const uint64_t recovered_last_;

  Home home_;
  HeldEvents held_;  // outlives every holder below
  Tracker tracker_;
  RetryClock retry_clock_;
  Attempts attempts_{options_.first_token_use};
  LaneMap lanes_;
  LaneScheduler scheduler_;
  Feed feed_;
  Backlog backlog_;
  News news_;

  std::shared_ptr<const routing::RoutingTable> table_;
  std::vector<Lane*> lane_of_;  // of each destination of table_
  std::deque<TableChange> changes_;
  bool changing_ = false;                // routing waits, so that a new lane misses nothing
  std::optional<TableChange> prepared_;  // to be committed or discarded
  Removals removals_;                    // of lanes that were taken out
  uint64_t removed_ = 0;                 // deliveries that died in removals that are over
  std::vector<absl::AnyInvocable<void(uint64_t)>> removal_waiters_;
  size_t closing_ = 0;  // lanes closed and not yet forgotten

  std::vector<uint32_t> matched_;  // scratch of Route
  std::vector<Lane*> targets_;
  journal::Demand demand_;                  // as of the last tick
  RingQueue<journal::LaneId> moving_;       // their cursors move on
  RingQueue<journal::LaneId> giving_up_;    // have rows to give up
  std::vector<Lane*> given_up_lanes_;       // have given up what was not told yet
  int moves_ = 0;                           // reads under way
  bool listing_ = false;                    // a page is awaited
  std::optional<journal::ParkedKey> page_;  // where the first of giving_up_ goes on
  uint64_t page_upsets_ = 0;                // of its lane, when its first page was asked for
  bool out_of_memory_ = false;
  int starved_ = 0;  // ticks in a row without memory for what is on disk
  bool turn_posted_ = false;
  int asks_ = 0;

  base::MonoTime armed_ = base::MonoTime::max();
  base::MonoTime tick_at_{};
  uint64_t oldest_ = 0;            // the watermark as seen by ticks...
  base::MonoTime oldest_since_{};  // ...and since when it stands there
  bool draining_ = false;
  absl::AnyInvocable<void()> drained_;
};

}  // namespace carillon::delivery
