#pragma once

#include <memory>
#include <utility>

#include "attempt_history.h"
#include "attempt_recorder.h"
#include "backlog.h"
#include "callback_binder.h"
#include "carillon/delivery/dispatcher.h"
#include "cursor_mover.h"
#include "dead_letters.h"
#include "durable_rows.h"
#include "evictor.h"
#include "feed.h"
#include "health_keeper.h"
#include "held_event.h"
#include "in_flight.h"
#include "lane_binder.h"
#include "lane_commands.h"
#include "lane_journal.h"
#include "lane_maker.h"
#include "lane_map.h"
#include "lane_scheduler.h"
#include "memory_bound.h"
#include "notifier.h"
#include "outcome_handler.h"
#include "parked_fetcher.h"
#include "parked_row_finder.h"
#include "parked_rows.h"
#include "pending_reporter.h"
#include "purge_walks.h"
#include "purger.h"
#include "removal.h"
#include "resender.h"
#include "retry_clock.h"
#include "retry_planner.h"
#include "router.h"
#include "sender.h"
#include "settlement_buffer.h"
#include "shard_gauges.h"
#include "shard_journal.h"
#include "status_reporter.h"
#include "table_changes.h"
#include "table_in_force.h"
#include "trimmer.h"
#include "waiting_remover.h"

namespace carillon::delivery {

/// Owns the parts of a shard and orders them: `Turn` says which of them is asked when.
class DispatcherImpl final : public Dispatcher {
 public:
  DispatcherImpl(const DispatcherOptions& options, const base::Clock& clock, base::Random& random,
                 store::Stores stores, store::ShardState state, http::Courier& courier,
                 std::shared_ptr<Executor> executor, metrics::Metrics& metrics);
  ~DispatcherImpl() override;

  void OnJoined(uint64_t last) override;
  void OnCommitted(const store::EventBatchPtr& batch) override;
  void OnResponse(uint64_t token, const http::Response& response) override;
  void PrepareTable(NextTable next, absl::AnyInvocable<void(absl::Status)> ready) override {
    changes_.Prepare(std::move(next), std::move(ready));
  }
  void CommitTable() override { changes_.Commit(clock_.Mono()); }
  void DiscardTable() override { changes_.Discard(); }
  void OnTimer() override;
  void Command(const LaneOrder& order, absl::AnyInvocable<void(absl::Status)> done) override {
    commands_.Run(order, std::move(done));
    Turn();
  }
  std::vector<std::optional<DestinationStatus>> Describe(
      std::span<const LanePlace> lanes) const override {
    return statuses_.Describe(lanes);
  }
  void Resend(const ResendOrder& order,
              absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) override {
    resender_.Run(order, std::move(done));
    Turn();
  }
  void Purge(const PurgeOrder& order,
             absl::AnyInvocable<void(absl::StatusOr<PurgeResult>)> done) override {
    purger_.Run(order, std::move(done));
    Turn();
  }
  void Drain(absl::AnyInvocable<void()> done) override;
  void PublishGauges() override { gauges_.Publish(draining_); }
  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    pending_.List(std::move(done));
  }
  void CountPending(const LanePlace& lane,
                    absl::AnyInvocable<void(std::optional<model::Pending>)> done) override {
    pending_.Count(lane, std::move(done));
  }
  void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) override {
    removals_.Await(std::move(done));
  }

  /// For tests that check the bounds.
  size_t held_bytes() const { return held_.bytes(); }
  template <typename Visit>
  void ForEachLane(Visit visit) {
    lanes_.ForEach(visit);
  }
  const LaneScheduler& scheduler() const { return scheduler_; }

 private:
  /// Everything that may have become possible: called at the end of each entry point that can
  /// free memory, bring events or open lanes.
  void Turn();
  /// One more, after what else is ready.
  void PostTurn();
  void RouteSome();
  void Tick(base::MonoTime now);
  void ArmTimer();
  void CheckDrained();
  /// Nothing is begun any more.
  bool Resting() const { return draining_ || unsettled_; }
  /// The store takes nothing of this shard any more.
  void OnUnsettled(const absl::Status& why);

  const DispatcherOptions options_;
  Observer nobody_;
  Observer& observer_;
  const base::Clock& clock_;
  const std::shared_ptr<Executor> executor_;
  const std::shared_ptr<metrics::ShardMetrics> figures_;

  CallbackBinder callbacks_;
  ShardJournal journal_;
  HeldEvents held_;  // outlives every holder below
  RetryClock retry_clock_;
  LaneMap lanes_;
  LaneScheduler scheduler_;
  LaneJournal lane_journal_;
  TableInForce routes_;
  Feed feed_;
  Router router_;
  MemoryBound memory_;
  DurableRows rows_;
  ShardGauges gauges_;
  SettlementBuffer settlements_;
  ParkedRows parked_rows_;
  PendingReporter pending_;
  Removals removals_;
  Notifier notifier_;
  AttemptHistory history_;
  DeadLetters dead_;
  HealthKeeper health_;
  InFlight in_flight_;
  Sender sender_;
  AttemptRecorder recorder_;
  RetryPlanner retries_;
  OutcomeHandler outcomes_;
  ParkedFetcher fetcher_;
  Evictor evictor_;
  Trimmer trimmer_;
  CursorMover mover_;
  Backlog backlog_;
  LaneMaker maker_;
  LaneCloser closer_;
  LaneBinder binder_;
  TableChanges changes_;
  LaneCommands commands_;
  StatusReporter statuses_;
  ParkedRowFinder finder_;
  Resender resender_;
  WaitingRemover remover_;
  PurgeWalks purge_walks_;
  Purger purger_;

  bool turn_posted_ = false;

  base::MonoTime armed_ = base::MonoTime::max();
  base::MonoTime tick_at_{};
  bool draining_ = false;
  bool unsettled_ = false;  // the store takes nothing any more...
  bool deposed_ = false;    // ...since another owner has the shard
  absl::AnyInvocable<void()> drained_;
};

}  // namespace carillon::delivery
