#include "carillon/authorization/authorizing_courier.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/policy/retry_after.h"
#include "token_answer.h"
#include "token_request.h"
#include "token_source.h"

namespace carillon::authorization {
namespace {

using model::Outcome;
using FactsPtr = std::shared_ptr<const model::AttemptFacts>;
using SourcePtr = std::shared_ptr<TokenSource>;

constexpr uint16_t kUnauthorized = 401;

class AuthorizingCourier final : public http::Courier, public http::CourierListener {
 public:
  AuthorizingCourier(std::unique_ptr<http::Courier> courier, const base::Clock& clock,
                     AuthorizingOptions options)
      : courier_(std::move(courier)), clock_(clock), options_(std::move(options)) {
    courier_->SetListener(this);
  }

  void SetListener(http::CourierListener* listener) override { listener_ = listener; }

  http::EndpointId Open(const http::EndpointOptions& options) override {
    const http::EndpointId endpoint = courier_->Open(options);
    if (options.oauth2) AddSource(endpoint, options);
    return endpoint;
  }

  void Update(http::EndpointId endpoint, const http::EndpointOptions& options) override {
    courier_->Update(endpoint, options);
    const auto found = sources_.find(endpoint);
    if (found != sources_.end() && found->second->Serves(options)) {
      return found->second->Update(options);
    }
    // Where somebody waits, `fetches_` keeps the old source until it can send them on their way.
    if (found != sources_.end()) sources_.erase(found);
    if (options.oauth2) AddSource(endpoint, options);
  }

  void Close(http::EndpointId endpoint) override {
    absl::erase_if(fetches_, [&](const auto& fetch) {
      if (fetch.second->target() != endpoint) return false;
      for (const Waiting& waiting : std::exchange(fetch.second->waiting, {})) {
        FailLater(waiting, Outcome::kCancelled, "cancelled");
      }
      return true;
    });
    sources_.erase(endpoint);
    courier_->Close(endpoint);
  }

  void Start(http::Request request) override {
    const auto found = sources_.empty() ? sources_.end() : sources_.find(request.endpoint);
    if (found == sources_.end()) return courier_->Start(std::move(request));
    const SourcePtr& source = found->second;
    const base::MonoTime now = clock_.Mono();
    Waiting waiting{std::move(request), now};
    switch (source->state.OnRequest(now)) {
      case Advice::kUseAndFetch:
        Fetch(source);
        return Send(source, std::move(waiting));
      case Advice::kUse:
        return Send(source, std::move(waiting));
      case Advice::kFetchAndWait:
        Fetch(source);
        return Wait(*source, std::move(waiting));
      case Advice::kWait:
        return Wait(*source, std::move(waiting));
      case Advice::kFail:
        return FailLater(waiting, source->last_outcome, source->last_error, source->last_facts);
    }
  }

  // Those who wait follow: their fetches end as cancelled.
  void CancelAll() override { courier_->CancelAll(); }

  http::ConnectionCounts connections() const override { return courier_->connections(); }

  void OnResponse(uint64_t token, const http::Response& response) override {
    if ((token & http::kCourierToken) != 0) return OnFetched(token, response);
    const auto found = in_flight_.empty() ? in_flight_.end() : in_flight_.find(token);
    if (found == in_flight_.end()) return listener_->OnResponse(token, response);
    const InFlight flight = found->second;
    in_flight_.erase(found);
    Judge(flight, response);
    http::Response told = response;
    told.started = flight.since;
    listener_->OnResponse(token, told);
  }

 private:
  /// A request that went out with a token.
  struct InFlight {
    std::weak_ptr<TokenSource> source;
    uint64_t number = 0;  // of its token
    base::MonoTime since{};
  };
  struct Failure {
    uint64_t token;
    http::Response response;
  };

  void AddSource(http::EndpointId endpoint, const http::EndpointOptions& options) {
    sources_[endpoint] = std::make_shared<TokenSource>(*courier_, endpoint, options);
  }

  void Fetch(const SourcePtr& source) {
    const uint64_t token = http::kCourierToken | ++fetched_;
    fetches_[token] = source;
    source->Fetch(token, options_.user_agent);
  }

  void Wait(TokenSource& source, Waiting waiting) {
    if (source.waiting.size() >= TokenSource::kMaxWaiting) {
      return FailLater(waiting, Outcome::kLocalShortage, "no token: too many wait for one");
    }
    source.waiting.push_back(std::move(waiting));
  }

  void Send(const SourcePtr& source, Waiting waiting) {
    http::Request& request = waiting.request;
    AddBearer(source->state.value().Reveal(), request.head);
    request.must_end = std::min(request.must_end, waiting.since + source->total_timeout());
    in_flight_[request.token] = {source, source->state.number(), waiting.since};
    courier_->Start(std::move(request));
  }

  void Judge(const InFlight& flight, const http::Response& response) {
    const SourcePtr source = flight.source.lock();
    if (!source || response.wire != Outcome::kSuccess) return;
    if (response.status == kUnauthorized) {
      source->state.OnRefused(flight.number, clock_.Mono());
    } else {
      source->state.OnTaken(flight.number);
    }
  }

  void OnFetched(uint64_t token, const http::Response& response) {
    const auto found = fetches_.find(token);
    if (found == fetches_.end()) return;  // its endpoint was closed
    const SourcePtr source = std::move(found->second);
    fetches_.erase(found);
    TokenAnswer answer = ReadTokenAnswer(response);
    Learn(*source, answer, response);
    if (model::SpeaksOfReceiver(answer.outcome) && options_.on_fetch) {
      options_.on_fetch({source->label(), answer.error});
    }
    SendOn(source, answer);
  }

  void Learn(TokenSource& source, TokenAnswer& answer, const http::Response& response) {
    if (answer.token) {
      source.state.OnFetched(*std::move(answer.token), response.started);
    } else if (!model::SpeaksOfReceiver(answer.outcome)) {
      source.state.OnCancelled();  // the token server was not asked
    } else {
      source.last_outcome = answer.outcome;
      source.last_error = answer.error;
      source.last_facts = answer.facts;
      const auto asked = policy::ParseRetryAfter(response.retry_after, clock_.Wall());
      source.state.OnFailed(clock_.Mono(), asked);
    }
  }

  /// Those who waited go, or fail. Told last: the listener may close the endpoint.
  void SendOn(const SourcePtr& source, const TokenAnswer& answer) {
    const base::MonoTime now = clock_.Mono();
    std::vector<Failure> failures;
    for (Waiting& waiting : std::exchange(source->waiting, {})) {
      if (answer.outcome != Outcome::kSuccess) {
        failures.push_back(Failed(waiting, answer.outcome, answer.error, answer.facts));
      } else if (now >= waiting.since + source->total_timeout()) {
        failures.push_back(Failed(waiting, Outcome::kConnectTimeout,
                                  "no token within the total time-out",
                                  TotalTimeoutReached(*source)));
      } else {
        Send(source, std::move(waiting));
      }
    }
    for (const Failure& failure : failures) listener_->OnResponse(failure.token, failure.response);
  }

  static FactsPtr TotalTimeoutReached(const TokenSource& source) {
    model::AttemptFacts facts;
    facts.bound = {model::Bound::kTotalTimeout, source.total_timeout().count()};
    return std::make_shared<const model::AttemptFacts>(std::move(facts));
  }

  Failure Failed(const Waiting& waiting, Outcome outcome, std::string error, FactsPtr facts) const {
    Failure failure{.token = waiting.request.token};
    failure.response.wire = outcome;
    failure.response.error = std::move(error);
    failure.response.started = waiting.since;
    failure.response.ended = clock_.Mono();
    failure.response.facts = std::move(facts);
    return failure;
  }

  void FailLater(const Waiting& waiting, Outcome outcome, std::string error,
                 FactsPtr facts = nullptr) {
    failures_.push_back(Failed(waiting, outcome, std::move(error), std::move(facts)));
    if (failures_.size() > 1) return;
    options_.post([this, alive = std::weak_ptr<int>(alive_)] {
      if (alive.expired()) return;
      for (const Failure& failure : std::exchange(failures_, {})) {
        listener_->OnResponse(failure.token, failure.response);
      }
    });
  }

  const std::unique_ptr<http::Courier> courier_;  // outlives the sources
  const base::Clock& clock_;
  const AuthorizingOptions options_;
  http::CourierListener* listener_ = nullptr;
  absl::flat_hash_map<http::EndpointId, SourcePtr> sources_;  // of endpoints with oauth2
  absl::flat_hash_map<uint64_t, SourcePtr> fetches_;          // under way, by their tokens
  absl::flat_hash_map<uint64_t, InFlight> in_flight_;
  std::vector<Failure> failures_;  // to be told from the event loop
  uint64_t fetched_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace

std::unique_ptr<http::Courier> MakeAuthorizingCourier(std::unique_ptr<http::Courier> courier,
                                                      const base::Clock& clock,
                                                      AuthorizingOptions options) {
  return std::make_unique<AuthorizingCourier>(std::move(courier), clock, std::move(options));
}

}  // namespace carillon::authorization
