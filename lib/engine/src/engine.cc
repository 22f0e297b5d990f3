#include "carillon/engine/engine.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>
#include <vector>

#include "carillon/base/mutex.h"
#include "carillon/config/proto_time.h"
#include "carillon/delivery/delivery_log.h"
#include "carillon/http/resolver.h"
#include "carillon/http/tls.h"
#include "carillon/policy/caps_within.h"
#include "carillon/policy/in_flight_caps.h"
#include "carillon/routing/routing_table.h"
#include "delivery_thread.h"
#include "left_lanes.h"
#include "placement.h"

namespace carillon::engine {
namespace {

/// How long outcomes may take to become durable once nothing is in flight. A full disk can keep
/// them from it for ever; what is not durable is sent again after the restart.
constexpr std::chrono::seconds kCommitGrace{5};

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

http::ResolverOptions ResolverOptionsOf(const v1::ResolverSettings& settings,
                                        metrics::Metrics& metrics) {
  const auto millis = [](const google::protobuf::Duration& duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(config::ToChrono(duration));
  };
  http::ResolverOptions options;
  options.servers.assign(settings.servers().begin(), settings.servers().end());
  options.timeout = millis(settings.timeout());
  options.attempts = static_cast<int>(settings.attempts());
  options.ttl_min = millis(settings.ttl_min());
  options.ttl_max = millis(settings.ttl_max());
  options.negative_ttl = millis(settings.negative_ttl());
  options.stale = millis(settings.stale());
  // The two enumerations name the same results in the same order.
  static_assert(http::kLookupResultCount == metrics::kDnsResultCount);
  options.on_lookup = [&metrics](http::LookupResult result) {
    metrics.CountDnsLookup(static_cast<metrics::DnsResult>(result));
  };
  options.on_running = [&metrics](size_t count) { metrics.SetDnsLookupsInFlight(count); };
  options.on_stale = [&metrics] { metrics.CountDnsStale(); };
  return options;
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

class EngineImpl final : public Engine {
 public:
  EngineImpl(const config::Config& config, const base::Clock& clock,
             base::DescriptorBudget& connections, journal::Journal& journal,
             metrics::Metrics& metrics, log::Logger& logger, std::unique_ptr<http::TlsClient> tls,
             tracing::Tracer* tracer)
      : clock_(clock),
        connections_(connections),
        journal_(journal),
        metrics_(metrics),
        logger_(logger),
        log_(logger, clock),
        tls_(std::move(tls)),
        resolver_(http::Resolver::Create(ResolverOptionsOf(config.resolver, metrics), clock)),
        placement_(config.delivery.threads()) {
    const v1::DeliverySettings& settings = config.delivery;
    DeliveryThreadOptions options;
    options.dispatcher.caps = caps_;
    options.dispatcher.observer = &log_;
    options.dispatcher.tracer = tracer;
    options.dispatcher.tables = &tables_;
    options.dispatcher.max_memory_bytes = settings.max_memory_bytes();
    options.dispatcher.max_lane_bytes = settings.max_lane_bytes();
    options.dispatcher.user_agent = "Carillon/" CARILLON_VERSION;
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
        config::ToChrono(settings.idle_connection()));
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
      threads_.push_back(
          DeliveryThread::Create(options, clock, journal, *resolver_, *tls_, metrics));
      journal.AddConsumer(threads_.back()->consumer());
    }
  }

  absl::Status Apply(const config::Config& config) override {
    Placement placement(threads_.size());
    std::vector<std::vector<model::Destination>> shards =
        placement_.Place(config.destinations, placement);
    delivery::AllTables::Tables tables;
    if (absl::Status status = Prepare(config, std::move(shards), tables); !status.ok()) {
      return status;
    }
    if (absl::Status status = MarkOut(placement); !status.ok()) {
      for (const auto& thread : threads_) thread->DiscardTable();
      return status;
    }
    applied_ = true;
    // From here on nothing can fail.
    placement_ = std::move(placement);
    tables_.Set(std::move(tables));
    egress_.Set(config.egress);
    // Token servers are connected to beside the attempts that wait for them.
    const size_t attempts = connections_.places() - connections_.places() / 16;
    const policy::Caps caps = policy::CapsWithin(
        {config.limits.max_in_flight(), config.limits.max_in_flight_per_tenant()}, attempts);
    caps_->SetCaps(caps.in_all, caps.per_tenant);
    std::vector<std::future<void>> committed;
    for (const auto& thread : threads_) {
      auto done = std::make_shared<std::promise<void>>();
      committed.push_back(done->get_future());
      thread->CommitTable([done] { done->set_value(); });
    }
    for (std::future<void>& future : committed) future.wait();
    return absl::OkStatus();
  }

  void RefreshGauges(std::chrono::nanoseconds patience) override {
    std::vector<std::future<void>> refreshed;
    for (const auto& thread : threads_) {
      auto done = std::make_shared<std::promise<void>>();
      refreshed.push_back(done->get_future());
      thread->PublishGauges([done] { done->set_value(); });
    }
    const auto give_up = std::chrono::steady_clock::now() + patience;
    for (std::future<void>& future : refreshed) future.wait_until(give_up);
  }

  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    auto whole = std::make_shared<PendingParts>(threads_.size(), std::move(done));
    for (const auto& thread : threads_) {
      thread->ListPending([whole](model::PendingReport part) { whole->Add(std::move(part)); });
    }
  }

  GivenUp AwaitRemovals(std::chrono::nanoseconds patience) override {
    std::vector<std::future<uint64_t>> counted;
    for (const auto& thread : threads_) {
      auto done = std::make_shared<std::promise<uint64_t>>();
      counted.push_back(done->get_future());
      thread->AwaitRemovals([done](uint64_t deliveries) { done->set_value(deliveries); });
    }
    removed_.resize(threads_.size());
    const auto give_up = std::chrono::steady_clock::now() + patience;
    GivenUp given_up;
    for (size_t i = 0; i < counted.size(); ++i) {
      if (counted[i].wait_until(give_up) != std::future_status::ready) {
        given_up.counting = true;
        continue;
      }
      const uint64_t total = counted[i].get();
      given_up.deliveries += total - std::exchange(removed_[i], total);
    }
    return given_up;
  }

  uint32_t in_flight_limit() const override { return caps_->in_all(); }

  void AddLoops(base::LoopWatch& watch) override {
    for (size_t i = 0; i < threads_.size(); ++i) {
      watch.Add("delivery-" + std::to_string(i),
                [thread = threads_[i].get()](absl::AnyInvocable<void()> answer) {
                  thread->Post(std::move(answer));
                });
    }
  }

  bool Drain(std::chrono::nanoseconds grace, const std::function<bool()>& hurry) override {
    std::vector<std::future<void>> drained;
    for (const auto& thread : threads_) {
      auto done = std::make_shared<std::promise<void>>();
      drained.push_back(done->get_future());
      thread->Drain(grace, [done] { done->set_value(); });
    }
    base::MonoTime give_up = clock_.Mono() + grace + kCommitGrace;
    bool hurried = false;
    for (std::future<void>& future : drained) {
      while (future.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
        if (clock_.Mono() >= give_up) return false;
        if (hurried || !hurry()) continue;
        hurried = true;
        give_up = clock_.Mono() + kCommitGrace;
        for (const auto& thread : threads_) thread->CancelAll();
      }
    }
    return true;
  }

 private:
  /// Makes every thread ready for its part of `tables`, or none: what one has prepared when another
  /// cannot is forgotten.
  absl::Status Prepare(const config::Config& config,
                       std::vector<std::vector<model::Destination>> shards,
                       delivery::AllTables::Tables& tables) {
    std::vector<std::future<absl::Status>> results;
    for (size_t i = 0; i < threads_.size(); ++i) {
      auto ready = std::make_shared<std::promise<absl::Status>>();
      results.push_back(ready->get_future());
      tables.push_back(
          routing::RoutingTable::Compile(std::move(shards[i]), config.subscriptions, config.types));
      threads_[i]->PrepareTable(
          tables.back(), [ready](absl::Status status) { ready->set_value(std::move(status)); });
    }
    absl::Status all;
    std::vector<DeliveryThread*> prepared;
    for (size_t i = 0; i < threads_.size(); ++i) {
      const absl::Status status = results[i].get();
      if (status.ok()) prepared.push_back(threads_[i].get());
      all.Update(status);
    }
    if (all.ok()) return all;
    for (DeliveryThread* thread : prepared) thread->DiscardTable();
    return all;
  }

  /// Marks what is in force and will not be, or, for the first time, whatever is left of others
  /// in the store. Nothing of the change is in force yet.
  absl::Status MarkOut(const Placement& after) {
    auto marked = std::make_shared<std::promise<absl::Status>>();
    std::future<absl::Status> result = marked->get_future();
    if (!applied_) {
      journal_.CloseUnopenedLanes(
          [this, marked](const absl::StatusOr<std::vector<journal::UnopenedLane>>& left) {
            if (left.ok()) TellLeftLanes(*left, metrics_, logger_);
            marked->set_value(left.status());
          });
      return result.get();
    }
    std::vector<journal::LaneName> out;
    for (auto& [tenant, name] : placement_.NotIn(after)) {
      out.push_back({std::move(tenant), std::move(name)});
    }
    if (out.empty()) return absl::OkStatus();
    journal_.TakeOut(std::move(out), [marked](absl::Status status) { marked->set_value(status); });
    return result.get();
  }

  const base::Clock& clock_;
  base::DescriptorBudget& connections_;
  journal::Journal& journal_;
  metrics::Metrics& metrics_;
  log::Logger& logger_;
  delivery::AllTables tables_;  // these two outlive the threads
  delivery::DeliveryLog log_;
  http::EgressSwitch egress_;
  std::unique_ptr<http::TlsClient> tls_;
  std::unique_ptr<http::Resolver> resolver_;
  const std::shared_ptr<policy::InFlightCaps> caps_ = std::make_shared<policy::InFlightCaps>(1, 1);
  std::vector<std::unique_ptr<DeliveryThread>> threads_;
  Placement placement_;
  bool applied_ = false;           // a configuration is in force
  std::vector<uint64_t> removed_;  // of each thread: deliveries as of the last AwaitRemovals
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const config::Config& config, const base::Clock& clock, base::DescriptorBudget& connections,
    journal::Journal& journal, metrics::Metrics& metrics, log::Logger& logger,
    tracing::Tracer* tracer) {
  absl::StatusOr<std::unique_ptr<http::TlsClient>> tls = http::TlsClient::Create();
  if (!tls.ok()) return tls.status();
  return std::make_unique<EngineImpl>(config, clock, connections, journal, metrics, logger,
                                      *std::move(tls), tracer);
}

}  // namespace carillon::engine
