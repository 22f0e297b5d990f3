#include "delivery_thread.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

namespace carillon::engine {
namespace {

namespace asio = boost::asio;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;

/// The dispatcher's thread is the one that runs `io`.
class IoExecutor final : public delivery::Executor {
 public:
  IoExecutor(asio::io_context& io, std::function<void()> on_timer)
      : io_(io), timer_(io.get_executor()), on_timer_(std::move(on_timer)) {}

  void Post(absl::AnyInvocable<void()> task) override { asio::post(io_, std::move(task)); }

  void WakeAt(base::MonoTime at) override {
    timer_.expires_at(at);
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) on_timer_();
    });
  }

 private:
  asio::io_context& io_;
  Timer timer_;
  std::function<void()> on_timer_;
};

class DeliveryThreadImpl final : public DeliveryThread {
 public:
  DeliveryThreadImpl(const DeliveryThreadOptions& options, const base::Clock& clock,
                     store::Stores stores, store::ShardState state, http::Resolver& resolver,
                     http::TlsClient& tls, metrics::Metrics& metrics)
      : random_(base::RandomSeed()),
        io_(1),
        work_(io_.get_executor()),
        grace_(io_.get_executor()),
        executor_(io_, [this] { dispatcher_->OnTimer(); }),
        courier_(authorization::MakeAuthorizingCourier(
            http::MakeAsioCourier(io_, resolver, tls, options.courier), clock,
            {.user_agent = options.dispatcher.user_agent,
             .post = [this](absl::AnyInvocable<void()> task) { asio::post(io_, std::move(task)); },
             .on_fetch = options.on_token_fetch})),
        dispatcher_(delivery::Dispatcher::Create(options.dispatcher, clock, random_, stores,
                                                 std::move(state), *courier_, executor_, metrics)) {
    thread_ = std::thread([this, shard = options.dispatcher.shard] {
      pthread_setname_np(pthread_self(), ("delivery-" + std::to_string(shard)).c_str());
      io_.run();
    });
  }

  ~DeliveryThreadImpl() override {
    io_.stop();
    thread_.join();
  }

  store::Consumer* consumer() override { return dispatcher_.get(); }

  void PrepareTable(delivery::NextTable next,
                    absl::AnyInvocable<void(absl::Status)> ready) override {
    asio::post(io_, [this, next = std::move(next), ready = std::move(ready)]() mutable {
      dispatcher_->PrepareTable(std::move(next), std::move(ready));
    });
  }

  void CommitTable(absl::AnyInvocable<void()> done) override {
    asio::post(io_, [this, done = std::move(done)]() mutable {
      dispatcher_->CommitTable();
      done();
    });
  }

  void DiscardTable() override {
    asio::post(io_, [this] { dispatcher_->DiscardTable(); });
  }

  void Drain(std::chrono::nanoseconds grace, absl::AnyInvocable<void()> done) override {
    asio::post(io_, [this, grace, done = std::move(done)]() mutable {
      grace_.expires_after(grace);
      grace_.async_wait([this](boost::system::error_code error) {
        if (!error) courier_->CancelAll();
      });
      dispatcher_->Drain([this, done = std::move(done)]() mutable {
        grace_.cancel();
        done();
      });
    });
  }

  void PublishGauges(absl::AnyInvocable<void()> done) override {
    asio::post(io_, [this, done = std::move(done)]() mutable {
      dispatcher_->PublishGauges();
      done();
    });
  }

  void ListPending(absl::AnyInvocable<void(model::PendingReport)> done) override {
    asio::post(io_, [this, done = std::move(done)]() mutable {
      dispatcher_->ListPending(std::move(done));
    });
  }

  void AwaitRemovals(absl::AnyInvocable<void(uint64_t)> done) override {
    asio::post(io_, [this, done = std::move(done)]() mutable {
      dispatcher_->AwaitRemovals(std::move(done));
    });
  }

  void Post(absl::AnyInvocable<void()> task) override { asio::post(io_, std::move(task)); }

  void CancelAll() override {
    asio::post(io_, [this] { courier_->CancelAll(); });
  }

 private:
  base::SeededRandom random_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Timer grace_;
  IoExecutor executor_;
  std::unique_ptr<http::Courier> courier_;
  std::unique_ptr<delivery::Dispatcher> dispatcher_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<DeliveryThread> DeliveryThread::Create(
    const DeliveryThreadOptions& options, const base::Clock& clock, store::Stores stores,
    store::ShardState state, http::Resolver& resolver, http::TlsClient& tls,
    metrics::Metrics& metrics) {
  return std::make_unique<DeliveryThreadImpl>(options, clock, stores, std::move(state), resolver,
                                              tls, metrics);
}

}  // namespace carillon::engine
