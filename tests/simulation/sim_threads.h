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

/// One delivery thread of the simulation: the real dispatcher over a simulated courier. What is
/// posted to it happens in turn, and a little later than when it was posted.
class SimThread final : public engine::DeliveryThread, private Executor {
 public:
  struct Hooks {
    SimCourier::Receive receive;
    std::function<void(const SimCourier::Flight&, const http::Response&)> on_end;
    /// A table is in force on this thread.
    std::function<void(const SimThread&, const routing::RoutingTable&)> on_commit;
  };

  SimThread(const DispatcherOptions& options, const Hooks& hooks, SimExecutor& queue,
            base::SimulatedClock& clock, base::Random& random, store::Stores stores,
            store::ShardState state, metrics::Metrics& metrics)
      : shard_(options.shard),
        hooks_(hooks),
        queue_(queue),
        clock_(clock),
        random_(random),
        courier_(queue, clock, hooks.receive),
        dispatcher_(options, clock, random, stores, std::move(state), courier_, *this, metrics) {
    courier_.on_end = hooks.on_end;
  }

  store::Consumer* consumer() override { return &dispatcher_; }
  void PrepareTable(NextTable next, absl::AnyInvocable<void(absl::Status)> ready) override {
    next_ = next.table;
    Post([this, next = std::move(next), ready = std::move(ready)]() mutable {
      dispatcher_.PrepareTable(std::move(next), std::move(ready));
    });
  }
  void CommitTable(absl::AnyInvocable<void()> done) override {
    Post([this, done = std::move(done)]() mutable {
      dispatcher_.CommitTable();
      hooks_.on_commit(*this, *next_);
      done();
    });
  }
  void DiscardTable() override {
    Post([this] { dispatcher_.DiscardTable(); });
  }
  void Drain(std::chrono::nanoseconds grace, absl::AnyInvocable<void()> done) override {
    Post([this, grace, done = std::move(done)]() mutable {
      queue_.At(clock_.Mono() + grace, [this] { courier_.CancelAll(); });
      dispatcher_.Drain(std::move(done));
    });
  }
  void PublishGauges(absl::AnyInvocable<void()> done) override {
    Post([this, done = std::move(done)]() mutable {
      dispatcher_.PublishGauges();
      done();
    });
  }
  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    Post([this, done = std::move(done)]() mutable { dispatcher_.ListPending(std::move(done)); });
  }
  void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) override {
    Post([this, done = std::move(done)]() mutable { dispatcher_.AwaitRemovals(std::move(done)); });
  }
  void Post(absl::AnyInvocable<void()> task) override {
    const auto wait = std::chrono::microseconds(random_.Next() % 50);
    last_ = std::max(last_, clock_.Mono() + wait);
    queue_.At(last_, std::move(task));
  }
  void CancelAll() override {
    Post([this] { courier_.CancelAll(); });
  }

  uint32_t shard() const { return shard_; }
  DispatcherImpl& dispatcher() { return dispatcher_; }
  const SimCourier& courier() const { return courier_; }

 private:
  void WakeAt(base::MonoTime at) override {
    queue_.At(std::max(at, clock_.Mono()), [this, wish = ++wish_] {
      if (wish == wish_) dispatcher_.OnTimer();
    });
  }

  const uint32_t shard_;
  const Hooks hooks_;
  SimExecutor& queue_;
  base::SimulatedClock& clock_;
  base::Random& random_;
  std::shared_ptr<const routing::RoutingTable> next_;
  base::MonoTime last_{};
  uint64_t wish_ = 0;
  SimCourier courier_;
  DispatcherImpl dispatcher_;
};

/// Simulated threads, the engine's too: to wait is to let simulated time go on. `step` does what
/// comes next, and returns false when there is nothing; what it throws ends the wait, as a crash
/// does.
class SimThreads final : public engine::ThreadHost {
 public:
  /// `options`: what the engine does not set. Given a thread's, it changes them.
  SimThreads(std::function<void(DispatcherOptions&)> options, SimThread::Hooks hooks,
             std::function<bool()> step, SimExecutor& queue, base::SimulatedClock& clock,
             base::Random& random, store::Stores stores, metrics::Metrics& metrics)
      : options_(std::move(options)),
        hooks_(std::move(hooks)),
        step_(std::move(step)),
        queue_(queue),
        clock_(clock),
        random_(random),
        stores_(stores),
        metrics_(metrics) {}

  std::unique_ptr<engine::DeliveryThread> MakeThread(const engine::DeliveryThreadOptions& options,
                                                     store::ShardState state) override {
    DispatcherOptions own = options.dispatcher;
    options_(own);
    auto thread = std::make_unique<SimThread>(own, hooks_, queue_, clock_, random_, stores_,
                                              std::move(state), metrics_);
    threads_.push_back(thread.get());
    return thread;
  }

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

  const std::vector<SimThread*>& threads() const { return threads_; }

 private:
  static constexpr std::chrono::minutes kLongest{10};

  const std::function<void(DispatcherOptions&)> options_;
  const SimThread::Hooks hooks_;
  const std::function<bool()> step_;
  SimExecutor& queue_;
  base::SimulatedClock& clock_;
  base::Random& random_;
  const store::Stores stores_;
  metrics::Metrics& metrics_;
  std::vector<SimThread*> threads_;
  base::MonoTime last_{};  // of what was posted to the engine's thread
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // until `Stop`
};

}  // namespace carillon::delivery
