#include "os_threads.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <string>
#include <thread>
#include <utility>

#include "carillon/engine/resolver_options.h"
#include "carillon/http/resolver.h"
#include "carillon/http/tls.h"

namespace carillon::engine {
namespace {

namespace asio = boost::asio;

http::ResolverOptions WithMetrics(http::ResolverOptions options, metrics::Metrics& metrics) {
  // The two enumerations name the same results in the same order.
  static_assert(http::kLookupResultCount == metrics::kDnsResultCount);
  options.on_lookup = [&metrics](http::LookupResult result) {
    metrics.CountDnsLookup(static_cast<metrics::DnsResult>(result));
  };
  options.on_running = [&metrics](size_t count) { metrics.SetDnsLookupsInFlight(count); };
  options.on_stale = [&metrics] { metrics.CountDnsStale(); };
  return options;
}

/// An event loop and the thread that runs it.
class LoopThread {
 public:
  explicit LoopThread(std::string name)
      : thread_([this, name = std::move(name)] {
          pthread_setname_np(pthread_self(), name.c_str());
          io_->run();
        }) {}
  ~LoopThread() { Stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Whoever may still post to it holds it.
  const std::shared_ptr<asio::io_context>& io() { return io_; }
  /// Not on the thread.
  void Stop() {
    io_->stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  std::thread thread_;
};

class OsThreads final : public ThreadHost {
 public:
  OsThreads(size_t threads, std::unique_ptr<http::TlsClient> tls,
            std::unique_ptr<http::Resolver> resolver, const base::Clock& clock,
            store::Stores stores, metrics::Metrics& metrics)
      : tls_(std::move(tls)),
        resolver_(std::move(resolver)),
        clock_(clock),
        stores_(stores),
        metrics_(metrics) {
    for (size_t i = 0; i < threads; ++i) loops_.emplace_back("delivery-" + std::to_string(i));
  }

  size_t threads() const override { return loops_.size(); }
  std::unique_ptr<DeliveryShard> MakeShard(size_t thread, const DeliveryShardOptions& options,
                                           store::ShardState state) override {
    return DeliveryShard::Create(options, loops_[thread].io(), clock_, stores_, std::move(state),
                                 *resolver_, *tls_, metrics_);
  }
  void PostTo(size_t thread, absl::AnyInvocable<void()> task) override {
    asio::post(*loops_[thread].io(), std::move(task));
  }

  void Post(absl::AnyInvocable<void()> task) override {
    asio::post(*engine_.io(), std::move(task));
  }
  void PostAt(base::MonoTime at, absl::AnyInvocable<void()> task) override {
    auto timer = std::make_shared<asio::steady_timer>(*engine_.io(), at);
    timer->async_wait(
        [timer, task = std::move(task)](boost::system::error_code) mutable { task(); });
  }
  void Stop() override {
    engine_.Stop();
    for (LoopThread& loop : loops_) loop.Stop();
  }
  bool Wait(Awaited& answers, base::MonoTime until) override { return answers.WaitUntil(until); }

 private:
  const std::unique_ptr<http::TlsClient> tls_;
  const std::unique_ptr<http::Resolver> resolver_;
  const base::Clock& clock_;
  const store::Stores stores_;
  metrics::Metrics& metrics_;
  std::deque<LoopThread> loops_;
  LoopThread engine_{"engine"};
};

}  // namespace

absl::StatusOr<std::unique_ptr<ThreadHost>> MakeOsThreads(size_t threads,
                                                          const v1::ResolverSettings& resolver,
                                                          const base::Clock& clock,
                                                          store::Stores stores,
                                                          metrics::Metrics& metrics) {
  absl::StatusOr<std::unique_ptr<http::TlsClient>> tls = http::TlsClient::Create();
  if (!tls.ok()) return tls.status();
  return std::make_unique<OsThreads>(
      threads, *std::move(tls),
      http::Resolver::Create(WithMetrics(ResolverOptionsOf(resolver), metrics), clock), clock,
      stores, metrics);
}

}  // namespace carillon::engine
