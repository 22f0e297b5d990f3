#include "carillon/engine/engine.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "add_shard.h"
#include "answer_once.h"
#include "apply_operation.h"
#include "await_removals.h"
#include "carillon/base/mutex.h"
#include "carillon/delivery/delivery_log.h"
#include "carillon/net/egress.h"
#include "carillon/policy/in_flight_caps.h"
#include "engine_callbacks.h"
#include "engine_state.h"
#include "make_engine.h"
#include "operation.h"
#include "order_operation.h"
#include "os_threads.h"
#include "remove_shard.h"
#include "shard_options.h"
#include "status_question.h"
#include "tenant_caps.h"

namespace carillon::engine {
namespace {

/// How often a drain asks whether it is to hurry.
constexpr std::chrono::milliseconds kHurryEvery{5};

/// Puts the threads' reports together. Thread-safe.
class PendingParts {
 public:
  /// `done` is called with all of them, by whoever adds the last.
  PendingParts(size_t parts, absl::AnyInvocable<void(model::PendingReport)> done)
      : awaited_(parts), done_(std::move(done)) {}

  void Add(model::PendingReport part) {
    const base::MutexLock lock(mutex_);
    auto& to = report_.destinations;
    to.insert(to.end(), std::make_move_iterator(part.destinations.begin()),
              std::make_move_iterator(part.destinations.end()));
    report_.next_position = std::max(report_.next_position, part.next_position);
    if (--awaited_ == 0) done_(std::move(report_));
  }

 private:
  base::Mutex mutex_;
  size_t awaited_ ABSL_GUARDED_BY(mutex_);
  model::PendingReport report_ ABSL_GUARDED_BY(mutex_);
  absl::AnyInvocable<void(model::PendingReport)> done_ ABSL_GUARDED_BY(mutex_);
};

/// Takes all shards of the store, or fails.
absl::StatusOr<std::vector<store::ShardState>> TakeShards(uint32_t count, store::ShardStore& store,
                                                          ThreadHost& host) {
  using Taken = absl::StatusOr<store::ShardState>;
  const auto taken = std::make_shared<Answers<Taken>>(count);
  for (uint32_t shard = 0; shard < count; ++shard) {
    store.TakeShard(shard, [taken, shard](Taken state) { taken->Set(shard, std::move(state)); });
  }
  host.Wait(*taken, base::MonoTime::max());
  std::vector<store::ShardState> states;
  for (uint32_t shard = 0; shard < count; ++shard) {
    Taken state = *taken->Get(shard);
    if (!state.ok()) return state.status();
    states.push_back(*std::move(state));
  }
  return states;
}

class EngineImpl final : public Engine {
 public:
  EngineImpl(const resource::Config& config, const base::Clock& clock,
             base::DescriptorBudget& connections, store::Stores stores, const ShardSettings& shards,
             metrics::Metrics& metrics, log::Logger& logger, tracing::Tracer* tracer,
             deliverylog::Sink* log, statistics::Sink* statistics, notices::Sink* notices,
             std::unique_ptr<ThreadHost> host)
      : clock_(clock),
        connections_(connections),
        log_(logger, clock),
        host_(std::move(host)),
        options_(OptionsOfShards(config, CountOf(shards, config),
                                 {.clock = clock,
                                  .connections = connections,
                                  .metrics = metrics,
                                  .logger = logger,
                                  .tracer = tracer,
                                  .log = log,
                                  .statistics = statistics,
                                  .notices = notices,
                                  .tables = all_tables_,
                                  .observer = log_,
                                  .egress = egress_,
                                  .caps = caps_})),
        state_{.host = host_,
               .clock = clock,
               .stores = stores,
               .metrics = metrics,
               .logger = logger,
               .set_settings = [this](const auto& snapshot) { SetSettings(snapshot); },
               .options_of = [this](auto shard, auto epoch) { return OptionsOf(shard, epoch); },
               .all_tables = all_tables_,
               .place_by = PlaceByOf(shards),
               .shards = std::vector<EngineState::Shard>(CountOf(shards, config)),
               .tables = TableSet(CountOf(shards, config), PlaceByOf(shards)),
               .begun = false} {}

  /// Takes all shards, before anything else is asked of it. Not on the engine's thread.
  absl::Status TakeAll() {
    absl::StatusOr<std::vector<store::ShardState>> taken =
        TakeShards(static_cast<uint32_t>(state_.shards.size()), state_.stores.shards, *host_);
    if (!taken.ok()) return taken.status();
    for (uint32_t shard = 0; shard < taken->size(); ++shard) {
      state_.Begin(shard, std::move((*taken)[shard]));
    }
    return absl::OkStatus();
  }

  ~EngineImpl() override {
    host_->Stop();
    operations_.Stop();
    state_.shards.clear();
  }

  void Apply(resource::SnapshotPtr snapshot, absl::AnyInvocable<void(absl::Status)> done) override {
    Add<ApplyOperation>(std::move(snapshot), std::move(done));
  }

  void AwaitRemovals(std::chrono::nanoseconds patience,
                     absl::AnyInvocable<void(GivenUp)> done) override {
    Add<AwaitRemovalsOperation>(patience, std::move(done));
  }

  void AddShard(store::ShardId shard, absl::AnyInvocable<void(absl::Status)> done) override {
    Add<AddShardOperation>(shard, std::move(done));
  }

  void RemoveShard(store::ShardId shard, std::chrono::nanoseconds grace,
                   absl::AnyInvocable<void(absl::Status)> done) override {
    Add<RemoveShardOperation>(shard, grace, std::move(done));
  }

  void Command(delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done) override {
    Add<CommandOperation>(std::move(order), std::move(done));
  }

  void Describe(std::vector<store::LaneName> names, std::chrono::nanoseconds patience,
                absl::AnyInvocable<void(Statuses)> done) override {
    auto question = std::make_shared<StatusQuestion>(std::move(names), std::move(done));
    host_->Post([this, patience, question = std::move(question)] {
      question->Ask(state_, callbacks_);
      host_->PostAt(clock_.Mono() + patience, [question] { question->Answer(); });
    });
  }

  void Resend(delivery::ResendOrder order,
              absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) override {
    Add<ResendOperation>(std::move(order), std::move(done));
  }

  void Purge(delivery::PurgeOrder order,
             absl::AnyInvocable<void(absl::StatusOr<delivery::PurgeResult>)> done) override {
    Add<PurgeOperation>(std::move(order), std::move(done));
  }

  void RefreshGauges(std::chrono::nanoseconds patience) override {
    const auto refreshed = AskAll([](DeliveryShard& shard, absl::AnyInvocable<void()> answer) {
      shard.PublishGauges(std::move(answer));
    });
    host_->Wait(*refreshed, clock_.Mono() + patience);
  }

  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    host_->Post([this, done = std::move(done)]() mutable {
      const std::vector<store::ShardId> owned = state_.Owned();
      if (owned.empty()) return done({});
      auto whole = std::make_shared<PendingParts>(owned.size(), std::move(done));
      for (const store::ShardId shard : owned) {
        state_.shards[shard].delivery->ListPending(
            [whole](model::PendingReport part) { whole->Add(std::move(part)); });
      }
    });
  }

  void CountPending(store::LaneName name, std::chrono::nanoseconds patience,
                    absl::AnyInvocable<void(std::optional<model::Pending>)> done) override {
    using Answer = AnswerOnce<std::optional<model::Pending>>;
    auto answer = std::make_shared<Answer>(std::move(done));
    host_->Post([this, name = std::move(name), patience, answer = std::move(answer)]() mutable {
      const auto* const at = state_.tables.Find(name.tenant, name.name);
      if (at == nullptr || !state_.Owns(at->shard)) return answer->Give(std::nullopt);
      state_.shards[at->shard].delivery->CountPending(
          {.place = at->place, .tenant = std::move(name.tenant), .name = std::move(name.name)},
          callbacks_.Bind<std::optional<model::Pending>>(
              [answer](std::optional<model::Pending> counted) {
                answer->Give(std::move(counted));
              }));
      host_->PostAt(clock_.Mono() + patience, [answer] { answer->Give(std::nullopt); });
    });
  }

  uint32_t in_flight_limit() const override { return caps_->in_all(); }

  void AddLoops(base::LoopWatch& watch) override {
    watch.Add("engine",
              [this](absl::AnyInvocable<void()> answer) { host_->Post(std::move(answer)); });
    for (size_t i = 0; i < host_->threads(); ++i) {
      watch.Add("delivery-" + std::to_string(i), [this, i](absl::AnyInvocable<void()> answer) {
        host_->PostTo(i, std::move(answer));
      });
    }
  }

  bool Drain(std::chrono::nanoseconds grace, const std::function<bool()>& hurry) override {
    host_->Post([this] { operations_.Stop(); });
    const auto drained = AskAll([grace](DeliveryShard& shard, absl::AnyInvocable<void()> answer) {
      shard.Drain(grace, std::move(answer));
    });
    base::MonoTime give_up = clock_.Mono() + grace + kCommitGrace;
    bool hurried = false;
    while (!host_->Wait(*drained, clock_.Mono() + kHurryEvery)) {
      if (clock_.Mono() >= give_up) return false;
      if (hurried || !hurry()) continue;
      hurried = true;
      give_up = clock_.Mono() + kCommitGrace;
      host_->Post([this] {
        for (const store::ShardId shard : state_.Owned())
          state_.shards[shard].delivery->CancelAll();
      });
    }
    return true;
  }

 private:
  /// Any thread.
  template <typename Kind, typename... Args>
  void Add(Args... args) {
    operations_.Add(std::make_unique<Kind>(state_, std::move(args)...));
  }

  /// Asks every shard that it owns; `ask` is given one of them, and how to answer, once, on any
  /// thread. One answer when all of them are there.
  template <typename Ask>
  std::shared_ptr<Answers<Done>> AskAll(Ask ask) {
    auto answer = std::make_shared<Answers<Done>>(1);
    host_->Post([this, answer, ask] {
      const std::vector<store::ShardId> owned = state_.Owned();
      if (owned.empty()) return answer->Set(0, {});
      callbacks_.Gather<Done>(
          owned.size(),
          [&](size_t i, auto one) {
            ask(*state_.shards[owned[i]].delivery, [one = std::move(one)]() mutable { one({}); });
          },
          [answer](const std::vector<Done>&) { answer->Set(0, {}); });
    });
    return answer;
  }

  static size_t CountOf(const ShardSettings& shards, const resource::Config& config) {
    return shards.count > 0 ? shards.count : config.delivery.threads();
  }
  static PlaceBy PlaceByOf(const ShardSettings& shards) {
    return shards.count > 0 ? PlaceBy::kName : PlaceBy::kFewest;
  }

  DeliveryShardOptions OptionsOf(store::ShardId shard, uint64_t epoch) {
    DeliveryShardOptions options = options_;
    options.dispatcher.shard = shard;
    options.on_deposed = [this, shard, epoch] {
      operations_.Add(std::make_unique<RemoveShardOperation>(state_, shard, epoch));
    };
    return options;
  }

  void SetSettings(const resource::SnapshotPtr& snapshot) {
    egress_.Set(snapshot->settings->egress);
    tenant_caps_.Set(snapshot);
  }

  const base::Clock& clock_;
  base::DescriptorBudget& connections_;
  delivery::AllTables all_tables_;  // these two outlive the threads
  delivery::DeliveryLog log_;
  net::EgressSwitch egress_;
  const std::shared_ptr<ThreadHost> host_;
  const std::shared_ptr<policy::InFlightCaps> caps_ = std::make_shared<policy::InFlightCaps>(1, 1);
  // Token servers are connected to beside the attempts that wait for them.
  TenantCaps tenant_caps_{*caps_, connections_.places() - connections_.places() / 16};
  const DeliveryShardOptions options_;
  const EngineCallbacks callbacks_{host_};
  Operations operations_{*host_};
  EngineState state_;  // on the engine's thread, once it has shards
};

}  // namespace

absl::Status Engine::ApplyAndWait(resource::SnapshotPtr snapshot) {
  Answers<absl::Status> answer(1);
  Apply(std::move(snapshot), [&answer](absl::Status status) { answer.Set(0, std::move(status)); });
  answer.WaitUntil(base::MonoTime::max());
  return *answer.Get(0);
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const resource::Config& config, const base::Clock& clock, base::DescriptorBudget& connections,
    store::Stores stores, metrics::Metrics& metrics, log::Logger& logger, tracing::Tracer* tracer,
    const ShardSettings& shards, deliverylog::Sink* log, statistics::Sink* statistics,
    notices::Sink* notices) {
  absl::StatusOr<std::unique_ptr<ThreadHost>> host =
      MakeOsThreads(config.delivery.threads(), config.resolver, clock, stores, metrics);
  if (!host.ok()) return host.status();
  return MakeEngine(config, clock, connections, stores, metrics, logger, tracer, *std::move(host),
                    shards, log, statistics, notices);
}

absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(
    const resource::Config& config, const base::Clock& clock, base::DescriptorBudget& connections,
    store::Stores stores, metrics::Metrics& metrics, log::Logger& logger, tracing::Tracer* tracer,
    std::unique_ptr<ThreadHost> host, const ShardSettings& shards, deliverylog::Sink* log,
    statistics::Sink* statistics, notices::Sink* notices) {
  auto engine =
      std::make_unique<EngineImpl>(config, clock, connections, stores, shards, metrics, logger,
                                   tracer, log, statistics, notices, std::move(host));
  stores.shards.DeclareShards(shards.count > 0 ? shards.count : config.delivery.threads());
  if (!shards.take_all) return engine;
  if (absl::Status status = engine->TakeAll(); !status.ok()) return status;
  return engine;
}

}  // namespace carillon::engine
