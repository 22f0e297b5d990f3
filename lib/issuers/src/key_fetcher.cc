#include "carillon/issuers/key_fetcher.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/mutex.h"
#include "carillon/base/worker.h"
#include "carillon/http/asio_courier.h"
#include "carillon/http/courier.h"
#include "carillon/http/tls.h"
#include "carillon/model/outcome.h"
#include "carillon/net/egress.h"
#include "carillon/net/url.h"
#include "key_schedule.h"

namespace carillon::issuers {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr uint16_t kOk = 200;

/// One of the sets.
struct Fetched {
  explicit Fetched(base::MonoTime now) : schedule(now) {}
  KeySchedule schedule;
  http::EndpointId endpoint = 0;
  std::string head;
};

class KeyFetcherImpl final : public KeyFetcher, http::CourierListener {
 public:
  KeyFetcherImpl(KeyFetcherOptions options, std::unique_ptr<http::TlsClient> tls)
      : options_(std::move(options)),
        tls_(std::move(tls)),
        resolver_(http::Resolver::Create(options_.resolver, *options_.clock)),
        courier_(MakeCourier()),
        timer_(*io_),
        thread_([this] {
          base::NameThread("key-sets");
          io_->run();
        }) {
    courier_->SetListener(this);
  }
  ~KeyFetcherImpl() override { Stop(); }

  void SetUrls(std::set<std::string> urls) override {
    asio::post(*io_, [this, urls = std::move(urls)] { Take(urls); });
  }

  void Want(const std::string& url) override {
    {
      // What was posted and has not run serves whoever comes meanwhile.
      const base::MutexLock lock(mutex_);
      if (!wanted_.insert(url).second) return;
    }
    asio::post(*io_, [this, url] {
      {
        const base::MutexLock lock(mutex_);
        wanted_.erase(url);
      }
      const auto found = sets_.find(url);
      if (found == sets_.end()) return;
      found->second.schedule.Want(options_.clock->Mono());
      Look();
    });
  }

  void Stop() override {
    if (!thread_.joinable()) return;
    asio::post(*io_, [this] {
      timer_.cancel();
      io_->stop();
    });
    thread_.join();
    courier_.reset();
  }

 private:
  std::unique_ptr<http::Courier> MakeCourier() {
    http::CourierOptions courier;
    courier.clock = options_.clock;
    courier.egress = &egress_;
    courier.descriptors = options_.connections;
    courier.max_body_bytes = 2 * access::JwkSet::kMaxBytes;
    return http::MakeAsioCourier(*io_, *resolver_, *tls_, courier);
  }

  // All below: on the thread.

  void Take(const std::set<std::string>& urls) {
    std::erase_if(sets_, [&](const auto& one) {
      if (urls.contains(one.first)) return false;
      courier_->Close(one.second.endpoint);
      return true;
    });
    for (const std::string& url : urls) {
      const auto parsed = net::ParseUrl(url);
      if (!parsed.ok() || sets_.contains(url)) continue;
      Fetched& set = sets_.try_emplace(url, options_.clock->Mono()).first->second;
      http::EndpointOptions endpoint;
      endpoint.url = *parsed;
      endpoint.connect_timeout = kConnectTimeout;
      endpoint.total_timeout = kTimeout;
      endpoint.max_connections = 1;
      endpoint.label = url;
      set.endpoint = courier_->Open(endpoint);
      set.head = absl::StrCat("GET ", parsed->target, " HTTP/1.1\r\nHost: ", parsed->HostHeader(),
                              "\r\nUser-Agent: ", options_.user_agent,
                              "\r\nAccept: application/json\r\n\r\n");
    }
    Look();
  }

  /// Begins what is due, and waits for what is due next.
  void Look() {
    const base::MonoTime now = options_.clock->Mono();
    base::MonoTime next = base::MonoTime::max();
    for (auto& [url, set] : sets_) {
      if (set.schedule.due() <= now) Begin(url, set, now);
      next = std::min(next, set.schedule.due());
    }
    timer_.cancel();
    if (next == base::MonoTime::max()) return;
    timer_.expires_after(next - now);
    timer_.async_wait([this](const boost::system::error_code& ec) {
      if (!ec) Look();
    });
  }

  void Begin(const std::string& url, Fetched& set, base::MonoTime now) {
    static const auto& empty =
        *new std::shared_ptr<const std::string>(std::make_shared<const std::string>());
    set.schedule.Begin(now);
    http::Request request;
    request.token = ++last_token_;
    request.endpoint = set.endpoint;
    request.head = set.head;
    request.body = empty;
    request.keep_body_bytes = access::JwkSet::kMaxBytes + 1;  // one more tells that it is too long
    running_[request.token] = url;
    courier_->Start(std::move(request));
  }

  void OnResponse(uint64_t token, const http::Response& response) override {
    const auto ended = running_.extract(token);
    if (ended.empty()) return;
    const std::string& url = ended.mapped();
    const auto found = sets_.find(url);
    if (found == sets_.end()) return;  // nobody wants it any more
    absl::StatusOr<access::JwkSet> keys = Read(response);
    found->second.schedule.End(keys.ok(), options_.clock->Mono());
    options_.on_fetch(url, keys.ok() ? "" : std::string(keys.status().message()));
    if (keys.ok()) options_.on_keys(url, *std::move(keys));
    Look();
  }

  static absl::StatusOr<access::JwkSet> Read(const http::Response& response) {
    if (response.wire != model::Outcome::kSuccess) return absl::UnavailableError(response.error);
    if (response.status != kOk) {
      return absl::UnavailableError(absl::StrCat("it answered ", response.status, ", not 200"));
    }
    absl::StatusOr<access::JwkSet> keys = access::JwkSet::Parse(response.body);
    if (keys.ok()) return keys;
    return absl::InvalidArgumentError(absl::StrCat("the answer ", keys.status().message()));
  }

  const KeyFetcherOptions options_;
  const net::EgressSwitch egress_{net::Egress{.rules = guard::Rules::Unrestricted(), .proxy = {}}};
  const std::unique_ptr<http::TlsClient> tls_;
  // Destroyed after those who post to it: the resolver's thread, the courier.
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  const std::unique_ptr<http::Resolver> resolver_;
  std::unique_ptr<http::Courier> courier_;
  asio::steady_timer timer_;
  std::map<std::string, Fetched> sets_;      // by URL
  std::map<uint64_t, std::string> running_;  // URLs by the request's token
  uint64_t last_token_ = 0;

  base::Mutex mutex_;
  std::set<std::string> wanted_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KeyFetcher>> KeyFetcher::Create(KeyFetcherOptions options) {
  absl::StatusOr<std::unique_ptr<http::TlsClient>> tls = http::TlsClient::Create();
  if (!tls.ok()) return tls.status();
  return std::make_unique<KeyFetcherImpl>(std::move(options), *std::move(tls));
}

}  // namespace carillon::issuers
