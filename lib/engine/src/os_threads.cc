#include "os_threads.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "carillon/http/resolver.h"
#include "carillon/http/tls.h"
#include "carillon/resource/proto_time.h"

namespace carillon::engine {
namespace {

namespace asio = boost::asio;

http::ResolverOptions ResolverOptionsOf(const v1::ResolverSettings& settings,
                                        metrics::Metrics& metrics) {
  const auto millis = [](const google::protobuf::Duration& duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(resource::ToChrono(duration));
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

class OsThreads final : public ThreadHost {
 public:
  OsThreads(std::unique_ptr<http::TlsClient> tls, std::unique_ptr<http::Resolver> resolver,
            const base::Clock& clock, store::Stores stores, metrics::Metrics& metrics)
      : tls_(std::move(tls)),
        resolver_(std::move(resolver)),
        clock_(clock),
        stores_(stores),
        metrics_(metrics),
        thread_([this] {
          pthread_setname_np(pthread_self(), "engine");
          io_.run();
        }) {}
  ~OsThreads() override { Stop(); }

  std::unique_ptr<DeliveryThread> MakeThread(const DeliveryThreadOptions& options,
                                             store::ShardState state) override {
    return DeliveryThread::Create(options, clock_, stores_, std::move(state), *resolver_, *tls_,
                                  metrics_);
  }
  void Post(absl::AnyInvocable<void()> task) override { asio::post(io_, std::move(task)); }
  void PostAt(base::MonoTime at, absl::AnyInvocable<void()> task) override {
    auto timer = std::make_shared<asio::steady_timer>(io_, at);
    timer->async_wait(
        [timer, task = std::move(task)](boost::system::error_code) mutable { task(); });
  }
  void Stop() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  bool Wait(Awaited& answers, base::MonoTime until) override { return answers.WaitUntil(until); }

 private:
  const std::unique_ptr<http::TlsClient> tls_;
  const std::unique_ptr<http::Resolver> resolver_;
  const base::Clock& clock_;
  const store::Stores stores_;
  metrics::Metrics& metrics_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ThreadHost>> MakeOsThreads(const v1::ResolverSettings& resolver,
                                                          const base::Clock& clock,
                                                          store::Stores stores,
                                                          metrics::Metrics& metrics) {
  absl::StatusOr<std::unique_ptr<http::TlsClient>> tls = http::TlsClient::Create();
  if (!tls.ok()) return tls.status();
  return std::make_unique<OsThreads>(
      *std::move(tls), http::Resolver::Create(ResolverOptionsOf(resolver, metrics), clock), clock,
      stores, metrics);
}

}  // namespace carillon::engine
