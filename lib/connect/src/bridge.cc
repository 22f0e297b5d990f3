#include "carillon/connect/bridge.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "call_loop.h"
#include "call_places.h"
#include "calls.h"
#include "carillon/base/mutex.h"
#include "carillon/base/text.h"
#include "forwarded_for.h"
#include "method_table.h"

namespace carillon::connect {
namespace {

/// Where the services of this process are.
constexpr const char* kPrefixes[] = {"/carillon.*", "/grpc.*"};
constexpr std::chrono::seconds kStartingDelay{1};
/// For a whole body of the greatest length.
constexpr std::chrono::seconds kBodyTimeout{20};
/// After the deadline of a call, until which gRPC's own answer is awaited.
constexpr std::chrono::seconds kAnswerGrace{5};
constexpr size_t kEnvelopeHead = 5;

Error ErrorOf(int http_status, std::string_view text) {
  switch (http_status) {
    case 405:
      return MakeError(v1::UNSUPPORTED, text);
    case 413:
      return MakeError(v1::REQUEST_TOO_LARGE, text);
    case 504:
      return aip::ToRpc(absl::DeadlineExceededError(base::ToAbsl(text)));
    default:
      return MakeError(v1::HTTP_INVALID, text);
  }
}

/// What the web server itself says, as Connect's clients read it.
web::Response AsJson(web::Response response) {
  std::string_view text = response.bytes();
  while (text.ends_with('\n')) text.remove_suffix(1);
  web::Response json = ToResponse(ErrorOf(response.status, text), response.status);
  for (const auto& [name, value] : response.headers.fields()) json.headers.Set(name, value);
  return json;
}

class BridgeImpl final : public Bridge {
 public:
  BridgeImpl(const base::Clock& clock, const Bounds& bounds)
      : clock_(clock), bounds_(bounds), places_(bounds) {}
  ~BridgeImpl() override { Stop(); }

  void AddTo(web::Routes& routes) override {
    for (const char* const prefix : kPrefixes) {
      web::Route route;
      route.path = prefix;
      route.methods = {"GET", "POST"};
      route.handler = [this](web::Request request, web::Responder responder) {
        Take(std::move(request), std::move(responder));
      };
      route.max_body_bytes = bounds_.max_message_bytes + kEnvelopeHead;
      route.body_timeout = kBodyTimeout;
      route.answer_timeout = bounds_.max_timeout + kAnswerGrace;
      route.timeout_response = AsJson({.status = 504, .body = "the call took too long"});
      route.refusal = AsJson;
      routes.Add(std::move(route));
    }
  }

  absl::Status Start(std::shared_ptr<grpc::Channel> channel,
                     const std::vector<std::string>& services) override {
    absl::StatusOr<MethodTable> methods = MethodTable::Create(services);
    if (!methods.ok()) return methods.status();
    methods_ = *std::move(methods);
    loop_.emplace(std::move(channel));
    Phase expected = Phase::kStarting;
    phase_.compare_exchange_strong(expected, Phase::kServing);
    return absl::OkStatus();
  }

  void SetTrustedProxies(TrustedProxies proxies) override {
    auto next = std::make_shared<const TrustedProxies>(std::move(proxies));
    const base::MutexLock lock(mutex_);
    proxies_ = std::move(next);
  }

  void Refuse() override {
    phase_.store(Phase::kStopping);
    if (loop_) loop_->Refuse();
  }

  void Stop() override {
    Refuse();
    if (loop_) loop_->Stop();
  }

 private:
  enum class Phase : uint8_t { kStarting, kServing, kStopping };

  /// On the web server's thread.
  void Take(web::Request request, web::Responder responder) {
    switch (phase_.load()) {
      case Phase::kStarting:
        return responder.Reply(
            ToResponse(MakeError(v1::STARTING, "the server is starting", kStartingDelay)));
      case Phase::kStopping:
        return responder.Reply(ToResponse(Stopping()));
      case Phase::kServing:
        break;
    }
    request.peer = ClientAddress(request, *proxies());
    std::variant<CallHead, web::Response> read = ReadHead(methods_, request);
    if (auto* const refusal = std::get_if<web::Response>(&read)) {
      return responder.Reply(std::move(*refusal));
    }
    Incoming incoming{.head = std::get<CallHead>(std::move(read)),
                      .body = std::move(request.body),
                      .responder = std::move(responder),
                      .max_message_bytes = bounds_.max_message_bytes};
    const bool stream = incoming.head.method->streams();
    if (auto full = places_.Enter(stream, incoming.body.size(), incoming.ticket)) {
      return incoming.responder.Reply(ToResponse(*full));
    }
    incoming.deadline = Deadline(incoming.head);
    auto call = std::make_shared<Incoming>(std::move(incoming));
    const bool posted = loop_->Post([this, call] { Begin(std::move(*call)); });
    if (!posted) call->responder.Reply(ToResponse(Stopping()));
  }

  /// On the loop's thread.
  void Begin(Incoming call) {
    if (call.head.method->streams()) return CallStream(*loop_, std::move(call));
    if (clock_.Wall() < call.deadline) return CallUnary(*loop_, std::move(call));
    call.ticket.Leave();
    call.responder.Reply(ToResponse(aip::ToRpc(
        absl::DeadlineExceededError("the time for the call ended before it had its turn"))));
  }

  std::shared_ptr<const TrustedProxies> proxies() const {
    const base::MutexLock lock(mutex_);
    return proxies_;
  }

  base::WallTime Deadline(const CallHead& head) const {
    const base::WallTime now = clock_.Wall();
    if (head.method->streams()) return head.timeout ? now + *head.timeout : now.max();
    return now + std::min(head.timeout.value_or(bounds_.max_timeout), bounds_.max_timeout);
  }

  const base::Clock& clock_;
  const Bounds bounds_;
  std::atomic<Phase> phase_{Phase::kStarting};
  CallPlaces places_;
  MethodTable methods_;  // not before kServing
  std::optional<CallLoop> loop_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const TrustedProxies> proxies_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const TrustedProxies>();
};

}  // namespace

std::unique_ptr<Bridge> Bridge::Create(const base::Clock& clock, const Bounds& bounds) {
  return std::make_unique<BridgeImpl>(clock, bounds);
}

}  // namespace carillon::connect
