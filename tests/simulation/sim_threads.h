#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher_impl.h"
#include "sim_executor.h"
#include "sim_parts.h"
#include "thread_host.h"

namespace carillon::delivery {

/// A shard of the simulation, as it runs: the real dispatcher over a simulated courier. What is
/// posted to it happens in turn, and a little later than when it was posted.
class SimShard final : public Executor, public std::enable_shared_from_this<SimShard> {
 public:
  struct Hooks {
    std::function<SimCourier::End(const SimShard&, const SimCourier::Flight&)> receive;
    std::function<void(const SimShard&, const SimCourier::Flight&, const http::Response&)> on_end;
    /// A table is in force on this shard.
    std::function<void(const SimShard&, const routing::RoutingTable&)> on_commit;
    /// The shard is about to do that. May be null.
    std::function<void(const LaneOrder&)> on_command;
  };

  /// `open`: has it while it is open.
  SimShard(const Hooks& hooks, std::vector<SimShard*>& open, SimExecutor& queue,
           base::SimulatedClock& clock, base::Random& random, store::EventLog& events)
      : hooks_(hooks),
        open_(open),
        queue_(queue),
        clock_(clock),
        random_(random),
        events_(events) {}

  void Open(DispatcherOptions options, std::function<void()> on_deposed, store::Stores stores,
            store::ShardState state, metrics::Metrics& metrics) {
    shard_ = options.shard;
    epoch_ = state.epoch;
    courier_ = std::make_unique<SimCourier>(
        queue_, clock_,
        [this](const SimCourier::Flight& flight) { return hooks_.receive(*this, flight); });
    courier_->on_end = [this](const SimCourier::Flight& flight, const http::Response& response) {
      hooks_.on_end(*this, flight, response);
    };
    options.on_unsettled = [this, then = std::move(options.on_unsettled),
                            told = std::move(on_deposed)](const absl::Status& why) {
      if (then) then(why);
      if (!absl::IsAborted(why)) return;
      courier_->CancelAll();
      told();
    };
    dispatcher_ = std::make_unique<DispatcherImpl>(
        options, clock_, random_, stores, std::move(state), *courier_, shared_from_this(), metrics);
    events_.AddConsumer(dispatcher_.get());
    open_.push_back(this);
  }
  void Close() {
    ended_ = true;
    if (dispatcher_ == nullptr) return;
    std::erase(open_, this);
    events_.RemoveConsumer(dispatcher_.get());
    dispatcher_.reset();
    courier_.reset();
  }

  void Post(absl::AnyInvocable<void()> task) override {
    const auto wait = std::chrono::microseconds(random_.Next() % 50);
    last_ = std::max(last_, clock_.Mono() + wait);
    queue_.At(last_, std::move(task));
  }
  void WakeAt(base::MonoTime at) override {
    queue_.At(std::max(at, clock_.Mono()), [self = shared_from_this(), wish = ++wish_] {
      if (wish == self->wish_ && self->dispatcher_ != nullptr) self->dispatcher_->OnTimer();
    });
  }
  void CancelAllAt(base::MonoTime at) {
    queue_.At(at, [self = shared_from_this()] {
      if (self->courier_ != nullptr) self->courier_->CancelAll();
    });
  }

  uint32_t shard() const { return shard_; }
  /// Under which it was taken.
  uint64_t epoch() const { return epoch_; }
  /// These while it is open.
  bool is_open() const { return dispatcher_ != nullptr; }
  /// Whether it was closed, maybe before it was opened.
  bool ended() const { return ended_; }
  DispatcherImpl& dispatcher() { return *dispatcher_; }
  SimCourier& courier() { return *courier_; }
  const SimCourier& courier() const { return *courier_; }

  base::MonoTime now() const { return clock_.Mono(); }
  void OnCommit(const routing::RoutingTable& table) const { hooks_.on_commit(*this, table); }
  void OnCommand(const LaneOrder& order) const {
    if (hooks_.on_command) hooks_.on_command(order);
  }

 private:
  const Hooks hooks_;
  std::vector<SimShard*>& open_;
  SimExecutor& queue_;
  base::SimulatedClock& clock_;
  base::Random& random_;
  store::EventLog& events_;
  uint32_t shard_ = 0;
  uint64_t epoch_ = 0;
  bool ended_ = false;
  base::MonoTime last_{};
  uint64_t wish_ = 0;
  std::unique_ptr<SimCourier> courier_;
  std::unique_ptr<DispatcherImpl> dispatcher_;
};

/// The engine's handle of one.
class SimDeliveryShard final : public engine::DeliveryShard {
 public:
  explicit SimDeliveryShard(std::shared_ptr<SimShard> shard) : shard_(std::move(shard)) {}
  ~SimDeliveryShard() override { shard_->Close(); }

  void PrepareTable(NextTable next, absl::AnyInvocable<void(absl::Status)> ready) override {
    next_ = next.table;
    Post([next = std::move(next), ready = std::move(ready)](SimShard& shard) mutable {
      if (!shard.is_open()) return ready(absl::UnavailableError("it was ended"));
      shard.dispatcher().PrepareTable(std::move(next), std::move(ready));
    });
  }
  void CommitTable(absl::AnyInvocable<void()> done) override {
    Post([table = next_, done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done();
      shard.dispatcher().CommitTable();
      shard.OnCommit(*table);
      done();
    });
  }
  void DiscardTable() override {
    Post([](SimShard& shard) {
      if (shard.is_open()) shard.dispatcher().DiscardTable();
    });
  }
  void Command(LaneOrder order, absl::AnyInvocable<void(absl::Status)> done) override {
    Post([order = std::move(order), done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done(absl::UnavailableError("it was ended"));
      shard.OnCommand(order);
      shard.dispatcher().Command(order, std::move(done));
    });
  }
  void CountPending(LanePlace lane, Counted done) override {
    Post([lane = std::move(lane), done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done(std::nullopt);
      shard.dispatcher().CountPending(lane, std::move(done));
    });
  }
  void Describe(std::vector<LanePlace> lanes, Described done) override {
    Post([lanes = std::move(lanes), done = std::move(done)](SimShard& shard) mutable {
      done(shard.is_open() ? shard.dispatcher().Describe(lanes)
                           : std::vector<std::optional<DestinationStatus>>(lanes.size()));
    });
  }
  void Resend(ResendOrder order, absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) override {
    Post([order = std::move(order), done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done(absl::UnavailableError("it was ended"));
      shard.dispatcher().Resend(order, std::move(done));
    });
  }
  void Purge(PurgeOrder order,
             absl::AnyInvocable<void(absl::StatusOr<PurgeResult>)> done) override {
    Post([order = std::move(order), done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done(absl::UnavailableError("it was ended"));
      shard.dispatcher().Purge(order, std::move(done));
    });
  }
  void Drain(std::chrono::nanoseconds grace, absl::AnyInvocable<void()> done) override {
    Post([grace, done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done();
      shard.CancelAllAt(shard.now() + grace);
      shard.dispatcher().Drain(std::move(done));
    });
  }
  void PublishGauges(absl::AnyInvocable<void()> done) override {
    Post([done = std::move(done)](SimShard& shard) mutable {
      if (shard.is_open()) shard.dispatcher().PublishGauges();
      done();
    });
  }
  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    Post([done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done({});
      shard.dispatcher().ListPending(std::move(done));
    });
  }
  void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) override {
    Post([done = std::move(done)](SimShard& shard) mutable {
      if (!shard.is_open()) return done(0);
      shard.dispatcher().AwaitRemovals(std::move(done));
    });
  }
  void CancelAll() override {
    Post([](SimShard& shard) {
      if (shard.is_open()) shard.courier().CancelAll();
    });
  }
  void End(absl::AnyInvocable<void()> done) override {
    Post([done = std::move(done)](SimShard& shard) mutable {
      shard.Close();
      done();
    });
  }

 private:
  template <typename Task>
  void Post(Task task) {
    shard_->Post([shard = shard_, task = std::move(task)]() mutable { task(*shard); });
  }

  const std::shared_ptr<SimShard> shard_;
  std::shared_ptr<const routing::RoutingTable> next_;
};

/// Simulated threads, the engine's too: to wait is to let simulated time go on. `step` does what
/// comes next, and returns false when there is nothing; what it throws ends the wait, as a crash
/// does.
class SimThreads final : public engine::ThreadHost {
 public:
  /// `options`: what the engine does not set. Given a shard's, it changes them.
  SimThreads(size_t threads, std::function<void(DispatcherOptions&)> options, SimShard::Hooks hooks,
             std::function<bool()> step, SimExecutor& queue, base::SimulatedClock& clock,
             base::Random& random, store::Stores stores, metrics::Metrics& metrics)
      : count_(threads),
        options_(std::move(options)),
        hooks_(std::move(hooks)),
        step_(std::move(step)),
        queue_(queue),
        clock_(clock),
        random_(random),
        stores_(stores),
        metrics_(metrics) {}

  size_t threads() const override { return count_; }
  std::unique_ptr<engine::DeliveryShard> MakeShard(size_t thread,
                                                   const engine::DeliveryShardOptions& options,
                                                   store::ShardState state) override {
    EXPECT_LT(thread, count_);
    DispatcherOptions own = options.dispatcher;
    options_(own);
    auto shard = std::make_shared<SimShard>(hooks_, open_, queue_, clock_, random_, stores_.events);
    shard->Post([this, shard, own, told = options.on_deposed, state = std::move(state)]() mutable {
      if (shard->ended()) return;
      shard->Open(std::move(own), std::move(told), stores_, std::move(state), metrics_);
    });
    return std::make_unique<SimDeliveryShard>(std::move(shard));
  }
  void PostTo(size_t, absl::AnyInvocable<void()> task) override { Post(std::move(task)); }

  void Post(absl::AnyInvocable<void()> task) override {
    last_ = std::max(last_, clock_.Mono() + std::chrono::microseconds(random_.Next() % 50));
    PostAt(last_, std::move(task));
  }
  void PostAt(base::MonoTime at, absl::AnyInvocable<void()> task) override {
    queue_.At(std::max(at, clock_.Mono()),
              [alive = std::weak_ptr<int>(alive_), task = std::move(task)]() mutable {
                if (!alive.expired()) task();
              });
  }
  void Stop() override { alive_.reset(); }

  bool Wait(engine::Awaited& answers, base::MonoTime until) override {
    const bool forever = until == base::MonoTime::max();
    const base::MonoTime end = forever ? clock_.Mono() + kLongest : until;
    const auto over = std::make_shared<bool>(false);
    queue_.At(std::max(end, clock_.Mono()), [over] { *over = true; });
    while (!answers.complete() && !*over && step_()) {
    }
    EXPECT_TRUE(answers.complete() || !forever) << "a thread does not answer";
    return answers.complete();
  }

  /// Those that are open.
  const std::vector<SimShard*>& shards() const { return open_; }

 private:
  static constexpr std::chrono::minutes kLongest{10};

  const size_t count_;
  const std::function<void(DispatcherOptions&)> options_;
  const SimShard::Hooks hooks_;
  const std::function<bool()> step_;
  SimExecutor& queue_;
  base::SimulatedClock& clock_;
  base::Random& random_;
  const store::Stores stores_;
  metrics::Metrics& metrics_;
  std::vector<SimShard*> open_;
  base::MonoTime last_{};  // of what was posted to the engine's thread
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // until `Stop`
};

}  // namespace carillon::delivery
