#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "carillon/http/courier.h"
#include "carillon/metrics/metrics.h"
#include "carillon/routing/routing_table.h"
#include "sim_executor.h"

namespace carillon::delivery {

/// A table whose rule is a function of destination and event.
class SimTable final : public routing::RoutingTable {
 public:
  using Wants = std::function<bool(const std::string& destination, const model::Event& event)>;
  /// By place; null where there is none.
  SimTable(std::vector<routing::DestinationPtr> places, Wants wants)
      : destinations_(std::move(places)), wants_(std::move(wants)) {}
  SimTable(std::vector<model::Destination> destinations, Wants wants) : wants_(std::move(wants)) {
    for (model::Destination& destination : destinations) {
      destinations_.push_back(std::make_shared<model::Destination>(std::move(destination)));
    }
  }
  uint32_t places() const override { return static_cast<uint32_t>(destinations_.size()); }
  const routing::DestinationPtr& at(uint32_t place) const override { return destinations_[place]; }
  void Match(const model::Event& event, std::vector<uint32_t>& out) const override {
    out.clear();
    for (uint32_t i = 0; i < destinations_.size(); ++i) {
      if (Matches(event, i)) out.push_back(i);
    }
  }
  bool Matches(const model::Event& event, uint32_t index) const override {
    return destinations_[index] != nullptr && wants_(destinations_[index]->name, event);
  }
  bool IsSubscribed(std::string_view tenant, std::string_view type) const override {
    return subscribed;
  }
  bool subscribed = false;  ///< to operational types

 private:
  std::vector<routing::DestinationPtr> destinations_;
  Wants wants_;
};

class NullMetrics final : public metrics::Metrics {
 public:
  void CountPublished(metrics::PublishResult, uint64_t) override {}
  void CountMisfits(metrics::Misfit, uint64_t) override {}
  void CountTraceIgnored(metrics::TracePart, uint64_t) override {}
  void ObservePublish(std::chrono::nanoseconds) override {}
  void ObserveCommit(std::chrono::nanoseconds, uint64_t, uint64_t) override {}
  void CountReload(bool, std::chrono::nanoseconds) override {}
  void SetConfiguration(uint64_t, std::string) override {}
  void SetRecovery(std::chrono::nanoseconds) override {}
  void CountRefused(metrics::Refusal, uint64_t) override {}
  void CountStoreError(metrics::StoreOperation, metrics::StoreError) override {}
  void ObserveSync(std::chrono::nanoseconds) override {}
  void CountTlsHandshake(metrics::TlsResult) override {}
  void CountRetryAfterIgnored() override { ++retry_after_ignored; }
  void CountGuardRefused() override {}
  void CountShortage(model::Resource, model::ShortageEffect) override {}
  void CountDnsLookup(metrics::DnsResult) override {}
  void SetDnsLookupsInFlight(uint64_t) override {}
  void CountDnsStale() override {}
  void CountGivenUp(metrics::GivenUp reason, uint64_t n) override {
    given_up[static_cast<size_t>(reason)] += n;
  }
  std::array<uint64_t, metrics::kGivenUpCount> given_up{};
  void CountTokenFetch(bool) override {}
  void CountKeySetFetch(bool) override {}
  std::shared_ptr<metrics::LaneMetrics> AddLane(std::string tenant, std::string name) override {
    auto& lane = lanes[tenant + "/" + name];
    lane = std::make_shared<metrics::LaneMetrics>();
    return lane;
  }
  std::shared_ptr<metrics::ShardMetrics> AddShard() override {
    return shard = std::make_shared<metrics::ShardMetrics>();
  }
  void KnowTypes(std::span<const std::string>) override {}
  size_t PlaceOfType(std::string_view type) override {
    return types.try_emplace(std::string(type), types.size()).first->second;
  }
  void SetProcessGauges(std::function<metrics::ProcessGauges()>) override {}
  std::string Render() override { return ""; }
  std::map<std::string, std::shared_ptr<metrics::LaneMetrics>> lanes;
  std::shared_ptr<metrics::ShardMetrics> shard;  ///< the last
  std::map<std::string, size_t> types;           ///< their places
  int retry_after_ignored = 0;
};

/// Hears what a shard says of its destinations.
class SimObserver final : public Observer {
 public:
  void OnFailed(const model::Destination& destination, model::Outcome outcome,
                const http::Response& response, const model::Event&) override {
    EXPECT_NE(outcome, model::Outcome::kSuccess);
    EXPECT_NE(outcome, model::Outcome::kCancelled);
    EXPECT_EQ(response.wire == model::Outcome::kSuccess, response.status != 0);
    said.push_back("failed " + destination.name + " " + std::string(model::OutcomeName(outcome)));
  }
  void OnBreakerOpened(const model::Destination& destination,
                       std::chrono::nanoseconds wait) override {
    EXPECT_GT(wait.count(), 0);
    said.push_back("opened " + destination.name);
  }
  void OnBreakerClosed(const model::Destination& destination) override {
    said.push_back("closed " + destination.name);
  }
  void OnDisabled(const model::Destination& destination, model::DisabledReason why) override {
    said.push_back("disabled " + destination.name + " " +
                   std::string(model::DisabledReasonName(why)));
  }
  void OnPaused(const model::Destination& destination, const store::Health&) override {
    said.push_back("paused " + destination.name);
  }
  void OnResumed(const model::Destination& destination, const store::Health&) override {
    said.push_back("resumed " + destination.name);
  }
  void OnEnabled(const model::Destination& destination) override {
    said.push_back("enabled " + destination.name);
  }
  void OnGivenUp(const model::Destination& destination, const GivenUp& delivery) override {
    evicted.emplace(destination.name, delivery.position);
    said.push_back("given up " + destination.name + " " +
                   std::string(model::OutcomeName(delivery.outcome)));
  }
  void OnKeptTooMuch(const model::Destination& destination, const KeptTooMuch& kept) override {
    if (on_kept_too_much) on_kept_too_much(destination.name, kept);
  }
  void OnRemoved(const model::Destination& destination, const Removed& removed) override {
    said.push_back("removed " + destination.name + ": " + std::to_string(removed.unsent) +
                   " unsent, " + std::to_string(removed.parked) + " parked, " +
                   std::to_string(removed.behind) + " behind");
  }
  size_t Count(const std::string& line) const {
    return static_cast<size_t>(std::ranges::count(said, line));
  }

  std::vector<std::string> said;
  std::function<void(const std::string&, const KeptTooMuch&)> on_kept_too_much;
  std::set<std::pair<std::string, uint64_t>> evicted;  // destination, position
};

/// A courier whose receivers are a function: how an attempt will end, and after how long.
class SimCourier final : public http::Courier {
 public:
  struct End {
    model::Outcome wire = model::Outcome::kSuccess;
    uint16_t status = 200;
    std::chrono::microseconds after{1000};
    std::string retry_after;
    http::PhaseTimes times;
  };
  struct Flight {
    http::EndpointId endpoint = 0;
    std::string host;
    std::string head;
    std::string event_id;
    std::string body;
  };
  using Receive = std::function<End(const Flight& flight)>;

  SimCourier(SimExecutor& executor, base::Clock& clock, Receive receive)
      : executor_(executor), clock_(clock), receive_(std::move(receive)) {}

  void SetListener(http::CourierListener* listener) override { listener_ = listener; }
  http::EndpointId Open(const http::EndpointOptions& options) override {
    endpoints_[++last_endpoint_] = options;
    return last_endpoint_;
  }
  void Update(http::EndpointId endpoint, const http::EndpointOptions& options) override {
    endpoints_.at(endpoint) = options;
  }
  void Close(http::EndpointId endpoint) override {
    endpoints_.erase(endpoint);
    Cancel([endpoint](const Flight& flight) { return flight.endpoint == endpoint; });
  }
  void CancelAll() override {
    Cancel([](const Flight&) { return true; });
  }

  void Start(http::Request request) override {
    Flight flight{request.endpoint, endpoints_.at(request.endpoint).url.host, request.head,
                  Header(request.head, "webhook-id: "), *request.body};
    uint32_t same_endpoint = 0;
    for (const auto& [token, other] : flights) {
      if (other.endpoint != flight.endpoint) continue;
      ++same_endpoint;
      EXPECT_NE(other.event_id, flight.event_id) << "in flight twice at once";
    }
    EXPECT_LT(request.token, http::kCourierToken);
    EXPECT_LT(same_endpoint, endpoints_.at(flight.endpoint).max_connections) << "too many at once";
    const End end = receive_(flight);
    EXPECT_TRUE(flights.emplace(request.token, std::move(flight)).second) << "token used twice";
    const base::MonoTime started = clock_.Mono();
    executor_.At(started + end.after,
                 [this, alive = std::weak_ptr<int>(alive_), token = request.token, end, started] {
                   if (alive.expired()) return;
                   Report(token, {.wire = end.wire,
                                  .status = end.status,
                                  .retry_after = end.retry_after,
                                  .started = started,
                                  .times = end.times});
                 });
  }

  static std::string Header(const std::string& head, const std::string& name) {
    const size_t at = head.find("\r\n" + name);
    if (at == std::string::npos) return "";
    const size_t from = at + 2 + name.size();
    return head.substr(from, head.find("\r\n", from) - from);
  }

  http::ConnectionCounts connections() const override { return counts; }

  std::map<uint64_t, Flight> flights;
  http::ConnectionCounts counts;  ///< what it says of its connections
  /// Told of every attempt that ends, before the dispatcher is.
  std::function<void(const Flight& flight, const http::Response& response)> on_end;

 private:
  template <typename Which>
  void Cancel(Which which) {
    for (const auto& [token, flight] : flights) {
      if (!which(flight)) continue;
      executor_.Post(
          [this, alive = std::weak_ptr<int>(alive_), token = token, started = clock_.Mono()] {
            if (alive.expired()) return;
            Report(token, {.wire = model::Outcome::kCancelled, .started = started});
          });
    }
  }
  void Report(uint64_t token, http::Response response) {
    const auto found = flights.find(token);
    if (found == flights.end()) return;  // cancelled before, or ended before it was cancelled
    const Flight flight = std::move(found->second);
    flights.erase(found);
    response.ended = clock_.Mono();
    if (on_end) on_end(flight, response);
    listener_->OnResponse(token, response);
  }

  SimExecutor& executor_;
  base::Clock& clock_;
  Receive receive_;
  http::CourierListener* listener_ = nullptr;
  std::map<http::EndpointId, http::EndpointOptions> endpoints_;
  http::EndpointId last_endpoint_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace carillon::delivery
