#include "carillon/engine/engine.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "apply_operation.h"
#include "await_removals.h"
#include "carillon/base/mutex.h"
#include "carillon/delivery/delivery_log.h"
#include "carillon/net/egress.h"
#include "carillon/policy/caps_within.h"
#include "carillon/policy/in_flight_caps.h"
#include "carillon/resource/proto_time.h"
#include "delivery_thread.h"
#include "engine_state.h"
#include "make_engine.h"
#include "operation.h"
#include "os_threads.h"

namespace carillon::engine {
namespace {

/// How long outcomes may take to become durable once nothing is in flight. A full disk can keep
/// them from it forever; what is not durable is sent again after the restart.
constexpr std::chrono::seconds kCommitGrace{5};
/// How often a drain asks whether it is to hurry.
constexpr std::chrono::milliseconds kHurryEvery{5};

/// At most one line in ten seconds for each resource; one in a minute where nothing had to wait.
void TellShortage(const http::LocalShortage& shortage, log::Logger& logger) {
  if (shortage.effect == model::ShortageEffect::kIdleClosed) {
    return logger.Limited("idle connections give way", std::chrono::minutes(1))
        .Warn(
            "more destinations are busy than connections fit into the file descriptors: idle "
            "ones are closed early");
  }
  logger.Limited(model::ResourceName(shortage.resource))
      .Warn("this machine is short of what deliveries need: they wait, and no attempt is counted",
            {{"resource", model::ResourceName(shortage.resource)},
             {"destination", shortage.label},
             {"error", shortage.error}});
}

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
             base::DescriptorBudget& connections, store::Stores stores,
             std::vector<store::ShardState> shards, metrics::Metrics& metrics, log::Logger& logger,
             tracing::Tracer* tracer, std::unique_ptr<ThreadHost> host)
      : clock_(clock),
        connections_(connections),
        log_(logger, clock),
        host_(std::move(host)),
        state_{.host = *host_,
               .clock = clock,
               .stores = stores,
               .metrics = metrics,
               .logger = logger,
               .set_settings = [this](const auto& settings) { SetSettings(settings); },
               .all_tables = all_tables_,
               .threads = threads_,
               .tables = TableSet(config.delivery.threads()),
               .begun = false,
               .removed = {}} {
    const v1::DeliverySettings& settings = config.delivery;
    DeliveryThreadOptions options;
    options.dispatcher.caps = caps_;
    options.dispatcher.observer = &log_;
    options.dispatcher.tracer = tracer;
    options.dispatcher.tables = &all_tables_;
    options.dispatcher.max_memory_bytes = settings.max_memory_bytes();
    options.dispatcher.max_lane_bytes = settings.max_lane_bytes();
    options.dispatcher.user_agent = "Carillon/" CARILLON_VERSION;
    options.courier.clock = &clock_;
    options.courier.egress = &egress_;
    options.courier.on_blocked = [&metrics] { metrics.CountGuardRefused(); };
    // Likewise.
    static_assert(http::kHandshakeResultCount == metrics::kTlsResultCount);
    options.courier.on_handshake = [&metrics](http::HandshakeResult result) {
      metrics.CountTlsHandshake(static_cast<metrics::TlsResult>(result));
    };
    options.courier.descriptors = &connections_;
    options.courier.on_shortage = [&metrics, &logger](const http::LocalShortage& shortage) {
      metrics.CountShortage(shortage.resource, shortage.effect);
      TellShortage(shortage, logger);
    };
    options.courier.idle_connection = std::chrono::duration_cast<std::chrono::milliseconds>(
        resource::ToChrono(settings.idle_connection()));
    options.courier.max_head_bytes = settings.max_response_head_bytes();
    options.on_token_fetch = [&metrics, &logger](const authorization::TokenFetch& fetch) {
      metrics.CountTokenFetch(fetch.error.empty());
      if (fetch.error.empty()) return;
      logger.Limited("token of " + fetch.label)
          .Warn("a destination has no token: what is due there fails",
                {{"destination", fetch.label}, {"error", fetch.error}});
    };
    for (uint32_t shard = 0; shard < settings.threads(); ++shard) {
      options.dispatcher.shard = shard;
      threads_.push_back(host_->MakeThread(options, std::move(shards[shard])));
      stores.events.AddConsumer(threads_.back()->consumer());
    }
  }

  ~EngineImpl() override {
    host_->Stop();
    operations_.Stop();
  }

  void Apply(resource::SnapshotPtr snapshot, absl::AnyInvocable<void(absl::Status)> done) override {
    Add<ApplyOperation>(std::move(snapshot), std::move(done));
  }

  void AwaitRemovals(std::chrono::nanoseconds patience,
                     absl::AnyInvocable<void(GivenUp)> done) override {
    Add<AwaitRemovalsOperation>(patience, std::move(done));
  }

  void RefreshGauges(std::chrono::nanoseconds patience) override {
    const auto refreshed = AskAll<Done>([](DeliveryThread& thread, auto answer) {
      thread.PublishGauges([answer] { answer({}); });
    });
    host_->Wait(*refreshed, clock_.Mono() + patience);
  }

  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    auto whole = std::make_shared<PendingParts>(threads_.size(), std::move(done));
    for (const auto& thread : threads_) {
      thread->ListPending([whole](model::PendingReport part) { whole->Add(std::move(part)); });
    }
  }

  uint32_t in_flight_limit() const override { return caps_->in_all(); }

  void AddLoops(base::LoopWatch& watch) override {
    watch.Add("engine",
              [this](absl::AnyInvocable<void()> answer) { host_->Post(std::move(answer)); });
    for (size_t i = 0; i < threads_.size(); ++i) {
      watch.Add("delivery-" + std::to_string(i),
                [thread = threads_[i].get()](absl::AnyInvocable<void()> answer) {
                  thread->Post(std::move(answer));
                });
    }
  }

  bool Drain(std::chrono::nanoseconds grace, const std::function<bool()>& hurry) override {
    host_->Post([this] { operations_.Stop(); });
    const auto drained = AskAll<Done>([grace](DeliveryThread& thread, auto answer) {
      thread.Drain(grace, [answer] { answer({}); });
    });
    base::MonoTime give_up = clock_.Mono() + grace + kCommitGrace;
    bool hurried = false;
    while (!host_->Wait(*drained, clock_.Mono() + kHurryEvery)) {
      if (clock_.Mono() >= give_up) return false;
      if (hurried || !hurry()) continue;
      hurried = true;
      give_up = clock_.Mono() + kCommitGrace;
      for (const auto& thread : threads_) thread->CancelAll();
    }
    return true;
  }

 private:
  /// Any thread.
  template <typename Kind, typename... Args>
  void Add(Args... args) {
    operations_.Add(std::make_unique<Kind>(state_, std::move(args)...));
  }

  /// Asks every thread; `ask` is given one of them, and how to answer, once, on any thread.
  template <typename Answer, typename Ask>
  std::shared_ptr<Answers<Answer>> AskAll(Ask ask) {
    auto answers = std::make_shared<Answers<Answer>>(threads_.size());
    for (size_t i = 0; i < threads_.size(); ++i) {
      ask(*threads_[i], [answers, i](Answer answer) { answers->Set(i, std::move(answer)); });
    }
    return answers;
  }

  void SetSettings(const resource::OperatorSettings& settings) {
    egress_.Set(settings.egress);
    // Token servers are connected to beside the attempts that wait for them.
    const size_t attempts = connections_.places() - connections_.places() / 16;
    const policy::Caps caps =
        policy::CapsWithin({settings.max_in_flight, settings.max_in_flight_per_tenant}, attempts);
    caps_->SetCaps(caps.in_all, caps.per_tenant);
  }

  const base::Clock& clock_;
  base::DescriptorBudget& connections_;
  delivery::AllTables all_tables_;  // these two outlive the threads
  delivery::DeliveryLog log_;
  net::EgressSwitch egress_;
  const std::unique_ptr<ThreadHost> host_;
  const std::shared_ptr<policy::InFlightCaps> caps_ = std::make_shared<policy::InFlightCaps>(1, 1);
  std::vector<std::unique_ptr<DeliveryThread>> threads_;
  EngineState state_;  // these two on the engine's thread
  Operations operations_{*host_};
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
    store::Stores stores, metrics::Metrics& metrics, log::Logger& logger, tracing::Tracer* tracer) {
  absl::StatusOr<std::unique_ptr<ThreadHost>> host =
      MakeOsThreads(config.resolver, clock, stores, metrics);
  if (!host.ok()) return host.status();
  return MakeEngine(config, clock, connections, stores, metrics, logger, tracer, *std::move(host));
}

absl::StatusOr<std::unique_ptr<Engine>> MakeEngine(const resource::Config& config,
                                                   const base::Clock& clock,
                                                   base::DescriptorBudget& connections,
                                                   store::Stores stores, metrics::Metrics& metrics,
                                                   log::Logger& logger, tracing::Tracer* tracer,
                                                   std::unique_ptr<ThreadHost> host) {
  absl::StatusOr<std::vector<store::ShardState>> shards =
      TakeShards(config.delivery.threads(), stores.shards, *host);
  if (!shards.ok()) return shards.status();
  return std::make_unique<EngineImpl>(config, clock, connections, stores, *std::move(shards),
                                      metrics, logger, tracer, std::move(host));
}

}  // namespace carillon::engine
