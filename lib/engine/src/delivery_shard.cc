#include "delivery_shard.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "absl/status/status.h"

namespace carillon::engine {
namespace {

namespace asio = boost::asio;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;

/// A callback that is called in any case: UNAVAILABLE when it is destroyed before.
template <typename Result>
class Answered {
 public:
  explicit Answered(absl::AnyInvocable<void(Result)> done) : done_(std::move(done)) {}
  Answered(Answered&& other) noexcept : done_(std::exchange(other.done_, nullptr)) {}
  Answered& operator=(Answered&&) = delete;
  ~Answered() {
    if (done_ != nullptr) done_(absl::UnavailableError("delivery of this destination ends"));
  }
  void operator()(Result result) { std::exchange(done_, nullptr)(std::move(result)); }

 private:
  absl::AnyInvocable<void(Result)> done_;
};

/// What a shard is made of, on the thread that runs `io`. The store, which may still call it, holds
/// it, and so `io`, which therefore does not hold it. What it is made of goes with `Close`.
class ShardRunner final : public delivery::Executor,
                          public std::enable_shared_from_this<ShardRunner> {
 public:
  ShardRunner(std::shared_ptr<asio::io_context> io, store::EventLog& events)
      : io_(std::move(io)),
        events_(events),
        random_(base::RandomSeed()),
        timer_(io_->get_executor()),
        grace_(io_->get_executor()) {}

  void Open(DeliveryShardOptions options, const base::Clock& clock, store::Stores stores,
            store::ShardState state, http::Resolver& resolver, http::TlsClient& tls,
            metrics::Metrics& metrics) {
    courier_ = authorization::MakeAuthorizingCourier(
        http::MakeAsioCourier(*io_, resolver, tls, options.courier), clock,
        {.user_agent = options.dispatcher.user_agent,
         .post = [&io = *io_](absl::AnyInvocable<void()> task) { asio::post(io, std::move(task)); },
         .on_fetch = options.on_token_fetch});
    options.dispatcher.on_unsettled = [this, told = options.on_deposed](const absl::Status& why) {
      if (!absl::IsAborted(why)) return;  // the store failed, and the process ends
      courier_->CancelAll();
      told();
    };
    dispatcher_ =
        delivery::Dispatcher::Create(options.dispatcher, clock, random_, stores, std::move(state),
                                     *courier_, shared_from_this(), metrics);
    events_.AddConsumer(dispatcher_.get());
  }

  void Close() {
    if (dispatcher_ == nullptr) return;
    events_.RemoveConsumer(dispatcher_.get());
    timer_.cancel();
    grace_.cancel();
    dispatcher_.reset();
    courier_.reset();
  }

  void Post(absl::AnyInvocable<void()> task) override { asio::post(*io_, std::move(task)); }
  void WakeAt(base::MonoTime at) override {
    timer_.expires_at(at);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const auto self = weak.lock();
      if (!error && self != nullptr && self->dispatcher_ != nullptr) self->dispatcher_->OnTimer();
    });
  }

  void Drain(std::chrono::nanoseconds grace, absl::AnyInvocable<void()> done) {
    grace_.expires_after(grace);
    grace_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      if (const auto self = weak.lock(); !error && self != nullptr) self->CancelAll();
    });
    dispatcher_->Drain([weak = weak_from_this(), done = std::move(done)]() mutable {
      if (const auto self = weak.lock()) self->grace_.cancel();
      done();
    });
  }
  void CancelAll() {
    if (courier_ != nullptr) courier_->CancelAll();
  }

  /// Null when it was closed.
  delivery::Dispatcher* dispatcher() const { return dispatcher_.get(); }

 private:
  const std::shared_ptr<asio::io_context> io_;
  store::EventLog& events_;
  base::SeededRandom random_;
  Timer timer_;
  Timer grace_;
  std::unique_ptr<http::Courier> courier_;
  std::unique_ptr<delivery::Dispatcher> dispatcher_;
};

class DeliveryShardImpl final : public DeliveryShard {
 public:
  DeliveryShardImpl(const DeliveryShardOptions& options, std::shared_ptr<asio::io_context> io,
                    const base::Clock& clock, store::Stores stores, store::ShardState state,
                    http::Resolver& resolver, http::TlsClient& tls, metrics::Metrics& metrics)
      : runner_(std::make_shared<ShardRunner>(std::move(io), stores.events)) {
    Post([options, &clock, stores, state = std::move(state), &resolver, &tls,
          &metrics](ShardRunner& runner) mutable {
      runner.Open(std::move(options), clock, stores, std::move(state), resolver, tls, metrics);
    });
  }
  ~DeliveryShardImpl() override { runner_->Close(); }

  void PrepareTable(delivery::NextTable next,
                    absl::AnyInvocable<void(absl::Status)> ready) override {
    Post([next = std::move(next), ready = std::move(ready)](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return ready(absl::UnavailableError("it was ended"));
      runner.dispatcher()->PrepareTable(std::move(next), std::move(ready));
    });
  }

  void CommitTable(absl::AnyInvocable<void()> done) override {
    Post([done = std::move(done)](ShardRunner& runner) mutable {
      if (runner.dispatcher() != nullptr) runner.dispatcher()->CommitTable();
      done();
    });
  }

  void DiscardTable() override {
    Post([](ShardRunner& runner) {
      if (runner.dispatcher() != nullptr) runner.dispatcher()->DiscardTable();
    });
  }

  void Command(delivery::LaneOrder order, absl::AnyInvocable<void(absl::Status)> done) override {
    Post([order = std::move(order),
          done = Answered<absl::Status>(std::move(done))](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return;
      runner.dispatcher()->Command(order, std::move(done));
    });
  }

  void Describe(std::vector<delivery::LanePlace> lanes, Described done) override {
    Post([lanes = std::move(lanes), done = std::move(done)](ShardRunner& runner) mutable {
      using Statuses = std::vector<std::optional<delivery::DestinationStatus>>;
      const bool there = runner.dispatcher() != nullptr;
      done(there ? runner.dispatcher()->Describe(lanes) : Statuses(lanes.size()));
    });
  }

  void Resend(delivery::ResendOrder order,
              absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) override {
    Post([order = std::move(order),
          done = Answered<absl::StatusOr<size_t>>(std::move(done))](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return;
      runner.dispatcher()->Resend(order, std::move(done));
    });
  }

  void Purge(delivery::PurgeOrder order,
             absl::AnyInvocable<void(absl::StatusOr<delivery::PurgeResult>)> done) override {
    using Result = absl::StatusOr<delivery::PurgeResult>;
    Post([order = std::move(order),
          done = Answered<Result>(std::move(done))](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return;
      runner.dispatcher()->Purge(order, std::move(done));
    });
  }

  void Drain(std::chrono::nanoseconds grace, absl::AnyInvocable<void()> done) override {
    Post([grace, done = std::move(done)](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return done();
      runner.Drain(grace, std::move(done));
    });
  }

  void PublishGauges(absl::AnyInvocable<void()> done) override {
    Post([done = std::move(done)](ShardRunner& runner) mutable {
      if (runner.dispatcher() != nullptr) runner.dispatcher()->PublishGauges();
      done();
    });
  }

  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    Post([done = std::move(done)](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return done({});
      runner.dispatcher()->ListPending(std::move(done));
    });
  }

  void CountPending(delivery::LanePlace lane, Counted done) override {
    Post([lane = std::move(lane), done = std::move(done)](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return done(std::nullopt);
      runner.dispatcher()->CountPending(lane, std::move(done));
    });
  }

  void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) override {
    Post([done = std::move(done)](ShardRunner& runner) mutable {
      if (runner.dispatcher() == nullptr) return done(0);
      runner.dispatcher()->AwaitRemovals(std::move(done));
    });
  }

  void CancelAll() override {
    Post([](ShardRunner& runner) { runner.CancelAll(); });
  }

  void End(absl::AnyInvocable<void()> done) override {
    Post([done = std::move(done)](ShardRunner& runner) mutable {
      runner.Close();
      done();
    });
  }

 private:
  template <typename Task>
  void Post(Task task) {
    runner_->Post([weak = std::weak_ptr(runner_), task = std::move(task)]() mutable {
      if (const auto runner = weak.lock()) task(*runner);
    });
  }

  const std::shared_ptr<ShardRunner> runner_;
};

}  // namespace

std::unique_ptr<DeliveryShard> DeliveryShard::Create(const DeliveryShardOptions& options,
                                                     std::shared_ptr<asio::io_context> io,
                                                     const base::Clock& clock, store::Stores stores,
                                                     store::ShardState state,
                                                     http::Resolver& resolver, http::TlsClient& tls,
                                                     metrics::Metrics& metrics) {
  return std::make_unique<DeliveryShardImpl>(options, std::move(io), clock, stores,
                                             std::move(state), resolver, tls, metrics);
}

}  // namespace carillon::engine
