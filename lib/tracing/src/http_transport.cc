#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/guard/rules.h"
#include "carillon/http/asio_courier.h"
#include "carillon/http/resolver.h"
#include "carillon/http/tls.h"
#include "carillon/net/egress.h"
#include "carillon/tracing/otlp_response.h"
#include "carillon/tracing/transport.h"

namespace carillon::tracing {
namespace {

namespace asio = boost::asio;

constexpr size_t kAnswerBytes = 4096;

bool MayRetry(uint16_t status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

/// The courier's loop runs only while something is sent; an idle connection that the collector
/// closed meanwhile is replaced by the courier.
class HttpTransport final : public SpanTransport, http::CourierListener {
 public:
  HttpTransport(const Collector& collector, const base::Clock& clock,
                std::unique_ptr<http::TlsClient> tls)
      : resolver_(http::Resolver::Create({}, clock)),
        tls_(std::move(tls)),
        work_(io_.get_executor()),
        deadline_(io_),
        courier_(http::MakeAsioCourier(io_, *resolver_, *tls_, Options(egress_))) {
    courier_->SetListener(this);
    http::EndpointOptions endpoint;
    endpoint.url = collector.url;
    endpoint.tls = collector.tls;
    endpoint.total_timeout = collector.timeout;
    endpoint.connect_timeout = collector.timeout;
    endpoint.max_connections = 1;
    endpoint.label = "the collector of traces";
    endpoint_ = courier_->Open(endpoint);
    head_ = absl::StrCat(
        "POST ", collector.url.target, " HTTP/1.1\r\nHost: ", collector.url.HostHeader(),
        "\r\nUser-Agent: ", collector.user_agent, "\r\nContent-Type: application/x-protobuf");
    for (const model::Header& header : collector.headers) {
      absl::StrAppend(&head_, "\r\n", header.name, ": ", base::ToAbsl(header.value.Reveal()));
    }
    absl::StrAppend(&head_, "\r\nContent-Length: ");
  }

  Sent Send(const std::string& request, std::chrono::milliseconds timeout) override {
    if (cancelled_) return {absl::CancelledError("the process ends"), true, 0};
    answer_.reset();
    deadline_.expires_after(timeout);
    ++token_;
    deadline_.async_wait([this, token = token_](boost::system::error_code error) {
      if (!error && token == token_) courier_->CancelAll();
    });
    courier_->Start({.token = token_,
                     .endpoint = endpoint_,
                     .head = absl::StrCat(head_, request.size(), "\r\n\r\n"),
                     .body = std::make_shared<const std::string>(request),
                     .keep_body_bytes = kAnswerBytes});
    while (!answer_) io_.run_one();
    deadline_.cancel();
    return *answer_;
  }

  void Cancel() override {
    cancelled_ = true;
    asio::post(io_, [this] { courier_->CancelAll(); });
  }

 private:
  static http::CourierOptions Options(const net::EgressSwitch& egress) {
    http::CourierOptions options;
    options.egress = &egress;
    return options;
  }

  void OnResponse(uint64_t token, const http::Response& response) override {
    if (token != token_) return;
    if (response.wire != model::Outcome::kSuccess) {
      answer_ = Sent{absl::UnavailableError(response.error), true, 0};
    } else if (response.status >= 200 && response.status < 300) {
      answer_ = Sent{absl::OkStatus(), false, RejectedSpans(response.body)};
    } else {
      answer_ = Sent{absl::UnknownError(absl::StrCat("status ", response.status)),
                     MayRetry(response.status), 0};
    }
  }

  const net::EgressSwitch egress_{{.rules = guard::Rules::Unrestricted(), .proxy = std::nullopt}};
  const std::unique_ptr<http::Resolver> resolver_;
  const std::unique_ptr<http::TlsClient> tls_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer deadline_;
  const std::unique_ptr<http::Courier> courier_;
  http::EndpointId endpoint_ = 0;
  std::string head_;
  uint64_t token_ = 0;
  std::optional<Sent> answer_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

absl::StatusOr<std::unique_ptr<SpanTransport>> MakeHttpTransport(const Collector& collector,
                                                                 const base::Clock& clock) {
  absl::StatusOr<std::unique_ptr<http::TlsClient>> tls = http::TlsClient::Create();
  if (!tls.ok()) return tls.status();
  return std::make_unique<HttpTransport>(collector, clock, *std::move(tls));
}

}  // namespace carillon::tracing
