#include "carillon/trial/trial_sender.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <thread>
#include <utility>

#include "carillon/aip/error.h"
#include "carillon/authorization/authorizing_courier.h"
#include "carillon/base/mutex.h"
#include "carillon/base/worker.h"
#include "carillon/http/asio_courier.h"
#include "carillon/http/tls.h"
#include "look_ups.h"
#include "trials.h"

namespace carillon::trial {
namespace {

namespace asio = boost::asio;

absl::Status Stopping() { return aip::MakeError(v1::STOPPING, "the service is stopping"); }

class SenderImpl final : public Sender {
 public:
  SenderImpl(SenderOptions options, std::unique_ptr<http::TlsClient> tls)
      : tls_(std::move(tls)),
        resolver_(http::Resolver::Create(options.resolver, options.clock)),
        courier_(MakeCourier(options)),
        trials_(*courier_, options.clock, options.user_agent),
        look_ups_(*io_, *resolver_),
        thread_([this] {
          base::NameThread("trial");
          io_->run();
        }) {}
  ~SenderImpl() override { Stop(); }

  void Send(Trial trial, Done done) override {
    std::string tenant = trial.destination->tenant;
    if (absl::Status status = TakePlace(tenant); !status.ok()) return done(std::move(status));
    asio::post(*io_, [this, trial = std::move(trial), tenant = std::move(tenant),
                      done = std::move(done)]() mutable {
      // The guard in force is one for all: the newest holds.
      egress_.Set(std::move(trial.egress));
      trials_.Begin(trial, [this, tenant = std::move(tenant),
                            done = std::move(done)](absl::StatusOr<TrialResult> result) mutable {
        GivePlace(tenant);
        done(std::move(result));
      });
    });
  }

  void LookUp(const std::string& host, const std::string& tenant, LookUpDone done) override {
    {
      // Posted before `Stop` posts its end, or not at all.
      const base::MutexLock lock(mutex_);
      if (!stopped_) {
        return asio::post(*io_, [this, host, tenant, done = std::move(done)]() mutable {
          look_ups_.Begin(host, tenant, std::move(done));
        });
      }
    }
    done(Stopping());
  }

  void Stop() override {
    {
      const base::MutexLock lock(mutex_);
      if (std::exchange(stopped_, true)) return;
    }
    // What was posted before runs first: nothing is posted any more.
    asio::post(*io_, [this] {
      trials_.EndAll();
      look_ups_.EndAll();
      io_->stop();
    });
    thread_.join();
    courier_.reset();
  }

 private:
  absl::Status TakePlace(const std::string& tenant) {
    const base::MutexLock lock(mutex_);
    if (stopped_) return Stopping();
    size_t& of_tenant = of_tenants_[tenant];
    if (of_tenant < kMaxOfTenant && running_ < kMaxAtOnce) {
      ++of_tenant;
      ++running_;
      return absl::OkStatus();
    }
    if (of_tenant == 0) of_tenants_.erase(tenant);
    absl::Status refusal = aip::QuotaExceeded(
        v1::RATE_LIMITED, "too many tests of destinations are under way", "tenants/" + tenant);
    aip::AddRetry(refusal, std::chrono::seconds(1));
    return refusal;
  }

  void GivePlace(const std::string& tenant) {
    const base::MutexLock lock(mutex_);
    --running_;
    const auto found = of_tenants_.find(tenant);
    if (--found->second == 0) of_tenants_.erase(found);
  }

  std::unique_ptr<http::Courier> MakeCourier(const SenderOptions& options) {
    http::CourierOptions courier;
    courier.clock = &options.clock;
    courier.egress = &egress_;
    courier.descriptors = options.connections;
    courier.max_head_bytes = options.max_response_head_bytes;
    courier.max_body_bytes = kBodyBytes;
    return authorization::MakeAuthorizingCourier(
        http::MakeAsioCourier(*io_, *resolver_, *tls_, courier), options.clock,
        {.user_agent = options.user_agent,
         .post = [io = io_.get()](
                     absl::AnyInvocable<void()> task) { asio::post(*io, std::move(task)); },
         .on_fetch = nullptr});
  }

  net::EgressSwitch egress_;
  const std::unique_ptr<http::TlsClient> tls_;
  // Destroyed after those who post to it: the resolver's thread, the courier.
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  const std::unique_ptr<http::Resolver> resolver_;
  std::unique_ptr<http::Courier> courier_;
  Trials trials_;     // on the thread
  LookUps look_ups_;  // the same

  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, size_t> of_tenants_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Sender>> Sender::Create(SenderOptions options) {
  absl::StatusOr<std::unique_ptr<http::TlsClient>> tls = http::TlsClient::Create();
  if (!tls.ok()) return tls.status();
  return std::make_unique<SenderImpl>(std::move(options), *std::move(tls));
}

}  // namespace carillon::trial
