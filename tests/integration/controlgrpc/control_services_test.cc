// The services of the control plane over gRPC, an SQLite store behind them.

#include "carillon/controlgrpc/control_services.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/configstore/sqlite_config_store.h"
#include "carillon/control/operation_tasks.h"
#include "carillon/control/repository.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/model/built_in.h"
#include "carillon/operations/operation_store.h"
#include "carillon/operations/routes_in.h"
#include "carillon/statistics/statistics_store.h"
#include "carillon/v1/access_service.grpc.pb.h"
#include "carillon/v1/audit_service.grpc.pb.h"
#include "carillon/v1/delivery_service.grpc.pb.h"
#include "carillon/v1/destination_service.grpc.pb.h"
#include "carillon/v1/event_service.grpc.pb.h"
#include "carillon/v1/operation.grpc.pb.h"
#include "carillon/v1/server_service.pb.h"
#include "carillon/v1/stats_service.grpc.pb.h"
#include "carillon/v1/subscription_service.grpc.pb.h"
#include "carillon/v1/tenant_service.grpc.pb.h"
#include "guest_server.h"

namespace carillon::controlgrpc {
namespace {

using ::testing::HasSubstr;

constexpr char kOrders[] = "tenants/acme/destinations/orders";

class NoFile final : public resource::Source {
 public:
  NoFile() {
    std::vector<std::string> types = model::BuiltInTypes();
    std::ranges::sort(types);
    snapshot_ = resource::MakeSnapshot(1, {}, types, {}, {}, nullptr);
  }
  std::string_view name() const override { return "the configuration file"; }
  resource::SnapshotPtr current() const override { return snapshot_; }
  void Subscribe(Take) override {}

 private:
  resource::SnapshotPtr snapshot_;
};

/// A journal with one event, at position 7.
class OneEvent final : public store::EventLog {
 public:
  OneEvent() {
    auto event =
        model::Event::Create({.id = "e7", .type = "a.b", .tenant = "acme", .payload = "1"});
    event->Accept(7, base::WallTime(std::chrono::seconds(1'700'000'000)));
    event_ = std::move(event);
  }
  void AddConsumer(store::Consumer*) override {}
  void RemoveConsumer(store::Consumer*) override {}
  void Append(std::vector<std::shared_ptr<model::Event>>, store::AppendDone) override {}
  void Read(uint64_t from, size_t, absl::AnyInvocable<void(store::EventBatchPtr)> done) override {
    auto batch = std::make_shared<store::EventBatch>(store::EventBatch{{}, from, 7});
    if (from <= 7) batch->events.push_back(event_);
    done(std::move(batch));
  }
  void Stop() override {}
  LogStats log_stats() const override { return {.last_position = 7}; }

 private:
  model::EventPtr event_;
};

class ControlServicesTest : public testing::Test {
 protected:
  ControlServicesTest() {
    char folder[] = "/tmp/control-services-XXXXXX";
    folder_ = ::mkdtemp(folder);
    Start();
  }
  ~ControlServicesTest() override {
    End();
    std::filesystem::remove_all(folder_);
  }

  void Start() {
    auto store = configstore::OpenSqliteConfigStore({.path = folder_ + "/config.db"});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto audit = control::AuditLog::Open(*store_, clock_, {});
    ASSERT_TRUE(audit.ok()) << audit.status();
    audit_ = *std::move(audit);
    auto repository = control::Repository::Open(
        {.store = *store_,
         .keys = sealing::MasterKeys({*sealing::MasterKey::Parse(std::string(64, '1'))}),
         .clock = clock_,
         .file = file_,
         .types = {destinations_.get(), subscriptions_.get(), tenants_.get(), event_types_.get(),
                   tenant_tokens_.get(), tokens_.get(), portal_sessions_.get(), deletions_.get()},
         .audit = audit_.get()});
    ASSERT_TRUE(repository.ok()) << repository.status();
    repository_ = *std::move(repository);
    repository_->Subscribe(
        [](const resource::SnapshotPtr&, resource::Source::Done done) { done(absl::OkStatus()); });
    std::vector<const google::protobuf::ServiceDescriptor*> services;
    for (const std::string& name : ControlServices::Names()) {
      services.push_back(
          google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name));
    }
    auto methods = access::Methods::Create(services, {});
    ASSERT_TRUE(methods.ok()) << methods.status();
    methods_ = *std::move(methods);
    auto trials = trial::Sender::Create({.clock = clock_});
    ASSERT_TRUE(trials.ok()) << trials.status();
    trials_ = *std::move(trials);
    auto log =
        deliverylog::AttemptStore::Open({.folder = folder_ + "/delivery_log"}, clock_, *logger_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    auto statistics =
        statistics::StatisticsStore::Open({.path = folder_ + "/statistics.db"}, clock_, *logger_);
    ASSERT_TRUE(statistics.ok()) << statistics.status();
    statistics_ = *std::move(statistics);
    auto kept = operations::OperationStore::Open(folder_ + "/operations.db");
    ASSERT_TRUE(kept.ok()) << kept.status();
    operation_store_ = *std::move(kept);
    tools_.emplace(operations::DeliveryTools{
        .events = events_,
        .resend =
            [this](delivery::ResendOrder order, auto done) {
              const base::MutexLock lock(mutex_);
              resent_.push_back(std::move(order));
              done(resent_.back().items.size());
            },
        .routes =
            [this](const std::string& tenant, const std::string& name) {
              return operations::RoutesIn({&file_, repository_.get()}, tenant, name);
            },
        .log = log_.get()});
    auto operations = operations::Operations::Create(
        *operation_store_, control::OperationTasks(*tools_, *repository_, clock_), clock_);
    ASSERT_TRUE(operations.ok()) << operations.status();
    operations_ = *std::move(operations);
    services_ = ControlServices::Create(
        {.repository = *repository_,
         .destinations = *destinations_,
         .subscriptions = *subscriptions_,
         .tenants = *tenants_,
         .event_types = *event_types_,
         .tenant_tokens = *tenant_tokens_,
         .tokens = *tokens_,
         .portal_sessions = *portal_sessions_,
         .authenticator = authenticator_,
         .server = facts_,
         .methods = *methods_,
         .delivery = {.command =
                          [this](const delivery::LaneOrder& order,
                                 absl::AnyInvocable<void(absl::Status)> done) {
                            orders_.push_back(order);
                            done(absl::OkStatus());
                          },
                      .describe =
                          [this](const std::vector<store::LaneName>& names,
                                 absl::AnyInvocable<void(control::Statuses)> done) {
                            done(control::Statuses(names.size(), fares_));
                          },
                      .count =
                          [](const store::LaneName&,
                             absl::AnyInvocable<void(std::optional<model::Pending>)> done) {
                            done(model::Pending{.parked = 2, .in_memory = 1, .behind = 4});
                          },
                      .events = &events_},
         .trials = *trials_,
         .operations = *operations_,
         .delivery_tools = *tools_,
         .clock = clock_,
         .authorize = [this](std::string_view method,
                             const grpc::ServerContextBase&) -> absl::StatusOr<CheckRequest> {
           if (method == refused_) return aip::MakeError(v1::ROLE_FORBIDDEN, "not you");
           return CheckRequest([method = std::string(method)](const google::protobuf::Message&) {
             auto credential = std::make_shared<access::Principal>();
             credential->role = v1::ROLE_OPERATOR;
             credential->all_tenants = true;
             auto trail = std::make_shared<control::CallTrail>();
             trail->principal = "tokens/ops";
             trail->method = method;
             trail->resource = kOrders;
             trail->changes = method.find("ableDestination") != method.npos;
             return control::Caller{.principal = "tokens/ops",
                                    .credential = std::move(credential),
                                    .trail = std::move(trail)};
           });
         },
         .audit = *audit_,
         .log = log_.get(),
         .statistics = statistics_.get()});
    server_.emplace(services_->guests());
    channel_ = server_->channel();
  }
  void End() {
    services_->Stop();
    trials_->Stop();
    operations_->Stop();
    repository_->Subscribe(nullptr);
    repository_->Stop();
    server_.reset();
    services_.reset();
    operations_.reset();
    operation_store_.reset();
    tools_.reset();
    log_.reset();
    statistics_.reset();
    repository_.reset();
    audit_.reset();
    store_.reset();
  }

  template <typename T>
  static T Made(const std::string& text) {
    T message;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
    return message;
  }

  /// Calls a method of a stub; the error is as it came over the wire, details included.
  template <typename Response, typename Method, typename Stub, typename Request>
  absl::StatusOr<Response> Call(Stub& stub, Method method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    google::rpc::Status rpc;
    EXPECT_TRUE(rpc.ParseFromString(status.error_details())) << status.error_message();
    EXPECT_EQ(rpc.code(), status.error_code());
    EXPECT_EQ(rpc.message(), status.error_message());
    return aip::FromRpc(rpc);
  }
  absl::StatusOr<v1::Destination> Create(const std::string& text) {
    const auto stub = v1::DestinationService::NewStub(channel_);
    return Call<v1::Destination>(*stub, &v1::DestinationService::Stub::CreateDestination,
                                 Made<v1::CreateDestinationRequest>(text));
  }
  absl::StatusOr<v1::Destination> Get(const std::string& name) {
    const auto stub = v1::DestinationService::NewStub(channel_);
    v1::GetDestinationRequest request;
    request.set_name(name);
    return Call<v1::Destination>(*stub, &v1::DestinationService::Stub::GetDestination, request);
  }

  std::string folder_;
  const base::SystemClock clock_;
  NoFile file_;
  control::ServerFacts facts_{"1.2.3", std::make_shared<v1::Config>(), clock_};
  std::unique_ptr<const access::Methods> methods_;
  const std::unique_ptr<control::ResourceType> destinations_ = control::MakeDestinationType();
  const std::unique_ptr<control::ResourceType> tenants_ = control::MakeTenantType();
  const std::unique_ptr<control::ResourceType> subscriptions_ = control::MakeSubscriptionType();
  const std::unique_ptr<control::ResourceType> deletions_ = control::MakeTenantDeletionType();
  const std::unique_ptr<control::ResourceType> event_types_ = control::MakeEventTypeType();
  const std::unique_ptr<control::ResourceType> tenant_tokens_ = control::MakeTenantTokenType();
  const std::unique_ptr<control::ResourceType> tokens_ = control::MakeTokenType();
  const std::unique_ptr<control::ResourceType> portal_sessions_ =
      control::MakePortalSessionType([] { return std::string("https://hooks.example.com"); });
  access::Authenticator authenticator_{clock_};
  std::unique_ptr<store::ConfigStore> store_;
  std::unique_ptr<control::AuditLog> audit_;
  std::unique_ptr<control::Repository> repository_;
  std::vector<delivery::LaneOrder> orders_;
  delivery::DestinationStatus fares_;
  std::unique_ptr<trial::Sender> trials_;
  std::ostringstream lines_;
  std::unique_ptr<log::Logger> logger_ = log::Logger::Create(lines_, log::Level::kInfo, clock_);
  std::unique_ptr<deliverylog::AttemptStore> log_;
  std::unique_ptr<statistics::StatisticsStore> statistics_;
  OneEvent events_;
  base::Mutex mutex_;
  std::vector<delivery::ResendOrder> resent_ ABSL_GUARDED_BY(mutex_);
  std::optional<operations::DeliveryTools> tools_;
  std::unique_ptr<operations::OperationStore> operation_store_;
  std::unique_ptr<operations::Operations> operations_;
  std::unique_ptr<ControlServices> services_;
  std::optional<rpc::GuestServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string refused_;
};

std::string CreateText(const std::string& id) {
  return absl::StrCat("parent: \"tenants/acme\" destination_id: \"", id,
                      "\" destination { url: \"https://receiver.example/\" }");
}

TEST_F(ControlServicesTest, StatesAreChangedByWhoMay) {
  const auto made = Create(CreateText("orders"));
  ASSERT_TRUE(made.ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto disable = [&](const std::string& text) {
    return Call<v1::Destination>(*stub, &v1::DestinationService::Stub::DisableDestination,
                                 Made<v1::DisableDestinationRequest>(text));
  };
  const std::string name = "name: \"tenants/acme/destinations/orders\" ";
  const auto disabled = disable(name);
  ASSERT_TRUE(disabled.ok()) << disabled.status();
  EXPECT_EQ(disabled->state(), v1::Destination::DISABLED);
  EXPECT_EQ(disabled->etag(), made->etag());
  const auto enabled =
      Call<v1::Destination>(*stub, &v1::DestinationService::Stub::EnableDestination,
                            Made<v1::EnableDestinationRequest>(name));
  ASSERT_TRUE(enabled.ok()) << enabled.status();
  EXPECT_EQ(enabled->state(), v1::Destination::ACTIVE);
  ASSERT_EQ(orders_.size(), 2u);
  EXPECT_EQ(orders_[0].command, delivery::LaneCommand::kDisable);
  EXPECT_EQ(orders_[1].name, "orders");
  EXPECT_EQ(aip::ReasonOf(disable("").status()), v1::FIELD_INVALID);
  EXPECT_EQ(aip::ReasonOf(disable("name: \"orders\"").status()), v1::FIELD_INVALID);
  refused_ = "carillon.v1.DestinationService/DisableDestination";
  EXPECT_EQ(aip::ReasonOf(disable(name).status()), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(orders_.size(), 2u);
}

TEST_F(ControlServicesTest, WhatIsReadSaysHowItFares) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  fares_.state = delivery::DestinationStatus::State::kDisabled;
  fares_.disabled = model::DisabledReason::kGone;
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto found = Call<v1::Destination>(
      *stub, &v1::DestinationService::Stub::GetDestination,
      Made<v1::GetDestinationRequest>("name: \"tenants/acme/destinations/orders\""));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state(), v1::Destination::DISABLED);
  EXPECT_EQ(found->status().reason(), v1::DestinationStatus::GONE);
  const auto list = [&](const std::string& filter) {
    return Call<v1::ListDestinationsResponse>(
        *stub, &v1::DestinationService::Stub::ListDestinations,
        Made<v1::ListDestinationsRequest>("parent: \"tenants/acme\" filter: \"" + filter + "\""));
  };
  for (const char* filter : {"", "state = DISABLED"}) {
    const auto listed = list(filter);
    ASSERT_TRUE(listed.ok()) << listed.status();
    ASSERT_EQ(listed->destinations_size(), 1) << filter;
    EXPECT_EQ(listed->destinations(0).state(), v1::Destination::DISABLED);
    EXPECT_EQ(listed->total_size(), 1);
  }
  EXPECT_EQ(list("state = ACTIVE")->destinations_size(), 0);
  EXPECT_EQ(aip::ReasonOf(list("state = NOTHING").status()), v1::FILTER_INVALID);
}

TEST_F(ControlServicesTest, ADeletionSaysFirstWhatIsGivenUp) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto remove = [&](const std::string& more) {
    return Call<v1::DeleteDestinationResponse>(
        *stub, &v1::DestinationService::Stub::DeleteDestination,
        Made<v1::DeleteDestinationRequest>("name: \"" + std::string(kOrders) + "\" " + more));
  };
  const auto first = remove("validate_only: true");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->abandoned_delivery_count(), 7);
  EXPECT_EQ(first->untried_delivery_count(), 5);
  EXPECT_FALSE(first->uncounted());
  EXPECT_EQ(aip::ReasonOf(remove("validate_only: true etag: \"\\\"x\\\"\"").status()),
            v1::ETAG_MISMATCH);
  const auto done = remove("");
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->abandoned_delivery_count(), 0);
}

TEST_F(ControlServicesTest, APreviewOfASubscriptionIsAnswered) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::SubscriptionService::NewStub(channel_);
  const auto preview = [&](const std::string& types) {
    return Call<v1::PreviewSubscriptionResponse>(
        *stub, &v1::SubscriptionService::Stub::PreviewSubscription,
        Made<v1::PreviewSubscriptionRequest>("parent: \"tenants/acme\" subscription { " + types +
                                             " destinations: \"orders\" }"));
  };
  const auto answer = preview("types: \"session.*\"");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->scanned_count(), 1);
  EXPECT_EQ(answer->matched_count(), 0);
  ASSERT_EQ(answer->results_size(), 1);
  EXPECT_EQ(answer->results(0).event_id(), "e7");
  EXPECT_EQ(answer->results(0).failed_condition(), "types");
  EXPECT_EQ(aip::ReasonOf(preview("").status()), v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, ATestIsAnsweredWithWhatCameOfIt) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  const auto test = [&](const std::string& text) {
    return Call<v1::TestDestinationResponse>(*stub, &v1::DestinationService::Stub::TestDestination,
                                             Made<v1::TestDestinationRequest>(text));
  };
  // The guard of this server lets nothing through to this machine; a given name is looked up.
  const auto answer = test(
      "destination { name: \"tenants/acme/destinations/new\" url: \"http://localhost/\" } "
      "event_type: \"session.create\"");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->attempt().outcome(), v1::OUTCOME_BLOCKED) << answer->DebugString();
  EXPECT_FALSE(answer->attempt().message().empty());
  EXPECT_EQ(aip::ReasonOf(test("name: \"tenants/acme/destinations/orders\"").status()),
            v1::FIELD_INVALID);
  refused_ = "carillon.v1.DestinationService/TestDestination";
  EXPECT_EQ(aip::ReasonOf(test("").status()), v1::ROLE_FORBIDDEN);
}

TEST_F(ControlServicesTest, DeliveriesAreReadFromTheLog) {
  const deliverylog::Detail detail{.response = "HTTP/1.1 503 No\r\nA: b\r\n", .body = "down"};
  log_->Add(0, {.figures = {.position = 7,
                            .started = clock_.Wall(),
                            .status = 503,
                            .outcome = model::Outcome::kHttp5xx,
                            .state = deliverylog::State::kDead},
                .tenant = "acme",
                .destination = "orders",
                .event_type = "a.b",
                .event_id = "e7",
                .detail = &detail});
  log_->Flush();
  const auto stub = v1::DeliveryService::NewStub(channel_);
  const auto listed = Call<v1::ListDeliveriesResponse>(
      *stub, &v1::DeliveryService::Stub::ListDeliveries,
      Made<v1::ListDeliveriesRequest>(
          "parent: 'tenants/acme/destinations/-' filter: 'state = DEAD'"));
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->deliveries_size(), 1);
  v1::GetDeliveryRequest get;
  get.set_name(listed->deliveries(0).name());
  const auto delivery = Call<v1::Delivery>(*stub, &v1::DeliveryService::Stub::GetDelivery, get);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  EXPECT_EQ(delivery->name(), absl::StrCat(kOrders, "/deliveries/7"));
  ASSERT_EQ(delivery->attempts_size(), 1);
  EXPECT_EQ(delivery->attempts(0).response().body(), "down");
  v1::GetAttemptRequest attempt;
  attempt.set_name(delivery->attempts(0).name());
  EXPECT_EQ(Call<v1::Attempt>(*stub, &v1::DeliveryService::Stub::GetAttempt, attempt)->event_id(),
            "e7");
  v1::ListAttemptsRequest attempts;
  attempts.set_parent("tenants/acme/destinations/orders/deliveries/-");
  EXPECT_EQ(
      Call<v1::ListAttemptsResponse>(*stub, &v1::DeliveryService::Stub::ListAttempts, attempts)
          ->attempts_size(),
      1);
  EXPECT_EQ(
      aip::ReasonOf(Call<v1::ListAttemptsResponse>(*stub, &v1::DeliveryService::Stub::ListAttempts,
                                                   v1::ListAttemptsRequest())
                        .status()),
      v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, StatisticsAreRead) {
  statistics_->Add(0, {.tenant = "acme",
                       .destination = "orders",
                       .at = clock_.Wall(),
                       .outcome = model::Outcome::kHttp5xx,
                       .responded = true,
                       .duration_us = 1000,
                       .dead = 1});
  const auto stub = v1::StatsService::NewStub(channel_);
  v1::GetStatsRequest get;
  get.set_name(kOrders);
  get.mutable_start_time()->set_seconds(base::ToUnixSeconds(clock_.Wall()) - 3600);
  get.mutable_end_time()->set_seconds(base::ToUnixSeconds(clock_.Wall()) + 60);
  const auto stats = Call<v1::GetStatsResponse>(*stub, &v1::StatsService::Stub::GetStats, get);
  ASSERT_TRUE(stats.ok()) << stats.status();
  ASSERT_EQ(stats->series_size(), 1);
  int64_t dead = 0;
  for (const v1::StatsPoint& point : stats->series(0).points()) dead += point.dead_count();
  EXPECT_EQ(dead, 1);
  v1::BatchGetStatsRequest batch;
  batch.add_names("tenants/acme");
  batch.add_names("tenants/-");
  *batch.mutable_start_time() = get.start_time();
  const auto several =
      Call<v1::BatchGetStatsResponse>(*stub, &v1::StatsService::Stub::BatchGetStats, batch);
  ASSERT_TRUE(several.ok()) << several.status();
  EXPECT_EQ(several->series_size(), 2);
  get.clear_start_time();
  const auto none = Call<v1::GetStatsResponse>(*stub, &v1::StatsService::Stub::GetStats, get);
  EXPECT_EQ(aip::ReasonOf(none.status()), v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, EventsAreLookedAt) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::EventService::NewStub(channel_);
  const auto get = [&](const std::string& name) {
    v1::GetEventRequest request;
    request.set_name(name);
    return Call<v1::Event>(*stub, &v1::EventService::Stub::GetEvent, request);
  };
  const auto event = get("tenants/acme/events/e7");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->name(), "tenants/acme/events/e7@7");
  EXPECT_EQ(event->json(), "1");
  EXPECT_EQ(aip::ReasonOf(get("tenants/other/events/e7@7").status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(get("").status()), v1::FIELD_INVALID);
  const auto list = [&](const std::string& text) {
    return Call<v1::ListEventsResponse>(*stub, &v1::EventService::Stub::ListEvents,
                                        Made<v1::ListEventsRequest>(text));
  };
  EXPECT_EQ(list("parent: 'tenants/acme'")->events_size(), 1);
  EXPECT_EQ(list("parent: 'tenants/-'")->events_size(), 1);
  EXPECT_EQ(list("parent: 'tenants/other'")->events_size(), 0);
  EXPECT_EQ(aip::ReasonOf(list("parent: 'acme'").status()), v1::FIELD_INVALID);
  const auto explained = Call<v1::ExplainEventResponse>(
      *stub, &v1::EventService::Stub::ExplainEvent,
      Made<v1::ExplainEventRequest>("name: 'tenants/acme/events/e7'"));
  ASSERT_TRUE(explained.ok()) << explained.status();
  ASSERT_EQ(explained->routes_size(), 1);
  EXPECT_EQ(explained->routes(0).destination(), kOrders);
  refused_ = "carillon.v1.EventService/GetEvent";
  EXPECT_EQ(aip::ReasonOf(get("tenants/acme/events/e7").status()), v1::ROLE_FORBIDDEN);
}

TEST_F(ControlServicesTest, AttemptsAreStreamedUntilTheReaderGoesOrTheServiceStops) {
  const auto stub = v1::DeliveryService::NewStub(channel_);
  const auto request =
      Made<v1::TailAttemptsRequest>("parent: 'tenants/acme/destinations/-/deliveries/-'");
  const auto add = [&](const std::string& id) {
    log_->Add(0, {.figures = {.position = 7, .started = clock_.Wall()},
                  .tenant = "acme",
                  .destination = "orders",
                  .event_type = "a.b",
                  .event_id = id});
  };
  grpc::ClientContext gone, stopped;
  const auto first = stub->TailAttempts(&gone, request);
  const auto second = stub->TailAttempts(&stopped, request);
  v1::TailAttemptsResponse answer;
  ASSERT_TRUE(first->Read(&answer));
  ASSERT_TRUE(second->Read(&answer));
  EXPECT_EQ(answer.attempts_size(), 0);
  EXPECT_NE(answer.resume_token(), "");
  add("e7");
  ASSERT_TRUE(first->Read(&answer));
  ASSERT_EQ(answer.attempts_size(), 1);
  EXPECT_EQ(answer.attempts(0).event_id(), "e7");
  gone.TryCancel();
  EXPECT_EQ(first->Finish().error_code(), grpc::StatusCode::CANCELLED);
  ASSERT_TRUE(second->Read(&answer));
  add("e8");
  ASSERT_TRUE(second->Read(&answer)) << "another reader that went is no hindrance";
  EXPECT_EQ(answer.attempts(0).event_id(), "e8");
  services_->Stop();
  EXPECT_FALSE(second->Read(&answer));
  EXPECT_EQ(second->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto refusal = [&](const v1::TailAttemptsRequest& asked) {
    grpc::ClientContext context;
    const auto stream = stub->TailAttempts(&context, asked);
    EXPECT_FALSE(stream->Read(&answer));
    return stream->Finish().error_code();
  };
  EXPECT_EQ(refusal({}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refusal(request), grpc::StatusCode::UNAVAILABLE);
  refused_ = "carillon.v1.DeliveryService/TailAttempts";
  EXPECT_EQ(refusal(request), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ControlServicesTest, DeliveriesAreCounted) {
  const auto stub = v1::DeliveryService::NewStub(channel_);
  log_->Add(0, {.figures = {.position = 7, .started = clock_.Wall()},
                .tenant = "acme",
                .destination = "orders",
                .event_type = "a.b",
                .event_id = "e7"});
  log_->Flush();
  const auto count = Call<v1::CountDeliveriesResponse>(
      *stub, &v1::DeliveryService::Stub::CountDeliveries,
      Made<v1::CountDeliveriesRequest>(
          "parent: 'tenants/acme/destinations/-' filter: 'state = DELIVERED'"));
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(count->count(), 1);
  EXPECT_FALSE(count->capped());
}

TEST_F(ControlServicesTest, ADeliveryIsSentAgain) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::DeliveryService::NewStub(channel_);
  const auto resend = [&](const std::string& text) {
    return Call<v1::Delivery>(*stub, &v1::DeliveryService::Stub::ResendDelivery,
                              Made<v1::ResendDeliveryRequest>(text));
  };
  const std::string name = absl::StrCat("name: \"", kOrders, "/deliveries/7\"");
  EXPECT_EQ(aip::ReasonOf(resend(name).status()), v1::RESOURCE_NOT_FOUND);
  log_->Add(0, {.figures = {.position = 7,
                            .started = clock_.Wall(),
                            .status = 503,
                            .outcome = model::Outcome::kHttp5xx,
                            .state = deliverylog::State::kDead},
                .tenant = "acme",
                .destination = "orders",
                .event_type = "a.b",
                .event_id = "e7"});
  log_->Flush();
  const auto delivery = resend(name);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  EXPECT_EQ(delivery->state(), v1::Delivery::SCHEDULED);
  EXPECT_EQ(aip::ReasonOf(resend("").status()), v1::FIELD_INVALID);
  refused_ = "carillon.v1.DeliveryService/ResendDelivery";
  EXPECT_EQ(aip::ReasonOf(resend(name).status()), v1::ROLE_FORBIDDEN);
  const base::MutexLock lock(mutex_);
  ASSERT_EQ(resent_.size(), 1u);
  EXPECT_EQ(resent_[0].tenant, "acme");
  EXPECT_EQ(resent_[0].items[0].position, 7u);
}

TEST_F(ControlServicesTest, AReplayIsAnOperationThatOutlivesTheProcess) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  auto stub = v1::DeliveryService::NewStub(channel_);
  const auto request =
      Made<v1::ReplayEventsRequest>(absl::StrCat("destination: \"", kOrders, "\" selection: ALL"));
  const auto begun =
      Call<v1::ReplayEventsResponse>(*stub, &v1::DeliveryService::Stub::ReplayEvents, request);
  ASSERT_TRUE(begun.ok()) << begun.status();
  v1::WaitOperationRequest wait;
  wait.set_name(begun->operation().name());
  auto operations = v1::OperationService::NewStub(channel_);
  const auto end =
      Call<v1::Operation>(*operations, &v1::OperationService::Stub::WaitOperation, wait);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(end->processed_count(), 1);
  EXPECT_EQ(end->principal(), "tokens/ops");
  End();
  Start();
  operations = v1::OperationService::NewStub(channel_);
  v1::GetOperationRequest get;
  get.set_name(end->name());
  const auto got = Call<v1::Operation>(*operations, &v1::OperationService::Stub::GetOperation, get);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->SerializeAsString(), end->SerializeAsString());
  v1::ListOperationsRequest list;
  list.set_parent("tenants/acme");
  EXPECT_EQ(Call<v1::ListOperationsResponse>(*operations,
                                             &v1::OperationService::Stub::ListOperations, list)
                ->operations_size(),
            1);
  v1::CancelOperationRequest cancel;
  cancel.set_name(end->name());
  EXPECT_TRUE(
      Call<v1::Operation>(*operations, &v1::OperationService::Stub::CancelOperation, cancel).ok());
  v1::UpdateOperationRequest update;
  update.mutable_operation()->set_name(end->name());
  update.mutable_operation()->set_paused(true);
  EXPECT_EQ(aip::ReasonOf(Call<v1::Operation>(*operations,
                                              &v1::OperationService::Stub::UpdateOperation, update)
                              .status()),
            v1::STATE_CONFLICT);
  v1::DeleteOperationRequest forget;
  forget.set_name(end->name());
  EXPECT_TRUE(Call<google::protobuf::Empty>(*operations,
                                            &v1::OperationService::Stub::DeleteOperation, forget)
                  .ok());
  EXPECT_EQ(
      aip::ReasonOf(Call<v1::Operation>(*operations, &v1::OperationService::Stub::GetOperation, get)
                        .status()),
      v1::RESOURCE_NOT_FOUND);
}

TEST_F(ControlServicesTest, DestinationsAreManagedAndOutliveTheProcess) {
  const auto made = Create(CreateText("orders"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), kOrders);
  EXPECT_EQ(made->keys_size(), 2);
  EXPECT_THAT(made->keys(0).secret().value(), HasSubstr("whsec_"));
  End();
  Start();
  const auto got = Get(kOrders);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->etag(), made->etag());
  EXPECT_EQ(got->keys(0).secret().value(), "");

  const auto stub = v1::DestinationService::NewStub(channel_);
  v1::UpdateDestinationRequest update;
  *update.mutable_destination() = *got;
  update.mutable_destination()->set_display_name("Orders");
  update.mutable_update_mask()->add_paths("display_name");
  const auto updated =
      Call<v1::Destination>(*stub, &v1::DestinationService::Stub::UpdateDestination, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->display_name(), "Orders");
  const auto lost =
      Call<v1::Destination>(*stub, &v1::DestinationService::Stub::UpdateDestination, update);
  EXPECT_EQ(aip::ReasonOf(lost.status()), v1::ETAG_MISMATCH);
}

TEST_F(ControlServicesTest, EveryMethodIsServed) {
  std::vector<std::string> names;
  for (const rpc::Guest& guest : services_->guests()) names.push_back(guest.name);
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(ControlServices::Names()));
  for (const rpc::Guest& guest : services_->guests()) {
    const auto* const service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(guest.name);
    ASSERT_NE(service, nullptr) << guest.name;
    std::vector<std::string> served;
    for (const rpc::GuestMethod& method : guest.methods) served.push_back(method.name);
    std::vector<std::string> contract;
    for (int i = 0; i < service->method_count(); ++i) {
      contract.push_back(absl::StrCat(guest.name, "/", service->method(i)->name()));
    }
    EXPECT_THAT(served, testing::UnorderedElementsAreArray(contract));
  }
}

/// Calls a method by its name.
template <typename Response, typename Request>
grpc::Status CallNamed(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                       const Request& request, Response& response) {
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = grpc::TemplatedGenericStub<Request, Response>(channel).PrepareUnaryCall(
      &context, "/carillon.v1." + method, request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  return status;
}

TEST_F(ControlServicesTest, TheServerSaysWhatItIs) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  v1::ServerInfo info;
  EXPECT_TRUE(
      CallNamed(channel_, "ServerService/GetServerInfo", v1::GetServerInfoRequest(), info).ok());
  EXPECT_EQ(info.version(), "1.2.3");
  EXPECT_EQ(info.applied_revision(), Get(kOrders)->revision());
  auto settings = std::make_shared<v1::Config>();
  settings->mutable_server()->set_max_batch_events(7);
  facts_.SetSettings(settings);
  v1::Config shown;
  EXPECT_TRUE(
      CallNamed(channel_, "ServerService/GetSettings", v1::GetSettingsRequest(), shown).ok());
  EXPECT_EQ(shown.server().max_batch_events(), 7u);
}

TEST_F(ControlServicesTest, ACallerIsToldWhatItMayCall) {
  v1::Caller caller;
  EXPECT_TRUE(CallNamed(channel_, "TokenService/GetCaller", v1::GetCallerRequest(), caller).ok());
  EXPECT_EQ(caller.role(), v1::ROLE_OPERATOR);
  EXPECT_THAT(caller.methods(), testing::Contains("carillon.v1.KeyService/RotateKey"));
}

TEST_F(ControlServicesTest, WhatCannotBeReadIsRefused) {
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::Slice slice("\x0a\x05", 2);  // a name of five bytes, of which none comes
  const grpc::ByteBuffer request(&slice, 1);
  const auto call = grpc::GenericStub(channel_).PrepareUnaryCall(
      &context, "/carillon.v1.DestinationService/GetDestination", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("GetDestinationRequest"));
}

TEST_F(ControlServicesTest, ErrorsCarryTheirDetails) {
  const auto missing = Create("parent: \"tenants/acme\"");
  EXPECT_EQ(aip::ReasonOf(missing.status()), v1::FIELD_INVALID);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(aip::GetDetail(missing.status(), bad));
  EXPECT_EQ(bad.field_violations(0).field(), "destination");
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(aip::ReasonOf(Get("").status()), v1::FIELD_INVALID);
}

TEST_F(ControlServicesTest, NothingRunsForWhoMayNot) {
  refused_ = "carillon.v1.DestinationService/CreateDestination";
  EXPECT_EQ(aip::ReasonOf(Create(CreateText("orders")).status()), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(aip::ReasonOf(Create("").status()), v1::ROLE_FORBIDDEN);
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::RESOURCE_NOT_FOUND);
  refused_ = "carillon.v1.DestinationService/GetDestination";
  EXPECT_EQ(aip::ReasonOf(Get(kOrders).status()), v1::ROLE_FORBIDDEN);
}

TEST_F(ControlServicesTest, ListsPageByPage) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Create(CreateText(absl::StrCat("d", i))).ok());
  const auto stub = v1::DestinationService::NewStub(channel_);
  v1::ListDestinationsRequest request;
  request.set_parent("tenants/acme");
  request.set_page_size(2);
  std::multiset<std::string> seen;
  do {
    const auto page = Call<v1::ListDestinationsResponse>(
        *stub, &v1::DestinationService::Stub::ListDestinations, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->total_size(), 5);
    for (const auto& destination : page->destinations()) seen.insert(destination.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 5u);
}

TEST_F(ControlServicesTest, SubscriptionsGoWithTheirDestination) {
  ASSERT_TRUE(Create(CreateText("orders")).ok());
  const auto stub = v1::SubscriptionService::NewStub(channel_);
  const auto made =
      Call<v1::Subscription>(*stub, &v1::SubscriptionService::Stub::CreateSubscription,
                             Made<v1::CreateSubscriptionRequest>(
                                 "parent: \"tenants/acme\" subscription_id: \"all\" "
                                 "subscription { types: \"*\" destinations: \"orders\" }"));
  ASSERT_TRUE(made.ok()) << made.status();
  const auto destinations = v1::DestinationService::NewStub(channel_);
  v1::DeleteDestinationRequest deletion;
  deletion.set_name(kOrders);
  const auto in_use = Call<v1::DeleteDestinationResponse>(
      *destinations, &v1::DestinationService::Stub::DeleteDestination, deletion);
  EXPECT_EQ(aip::ReasonOf(in_use.status()), v1::RESOURCE_IN_USE);
  deletion.set_force(true);
  deletion.set_request_id("once");
  for (int i = 0; i < 2; ++i) {
    const auto deleted = Call<v1::DeleteDestinationResponse>(
        *destinations, &v1::DestinationService::Stub::DeleteDestination, deletion);
    ASSERT_TRUE(deleted.ok()) << deleted.status();
    EXPECT_THAT(deleted->deleted_subscriptions(),
                testing::ElementsAre("tenants/acme/subscriptions/all"));
  }
  v1::GetSubscriptionRequest get;
  get.set_name("tenants/acme/subscriptions/all");
  EXPECT_EQ(aip::ReasonOf(
                Call<v1::Subscription>(*stub, &v1::SubscriptionService::Stub::GetSubscription, get)
                    .status()),
            v1::RESOURCE_NOT_FOUND);
}

TEST_F(ControlServicesTest, TokensAreMadeAndRevoked) {
  const auto stub = v1::TokenService::NewStub(channel_);
  const auto made =
      Call<v1::Token>(*stub, &v1::TokenService::Stub::CreateToken,
                      Made<v1::CreateTokenRequest>("parent: \"tenants/acme\" token_id: \"ci\" "
                                                   "token { role: ROLE_PUBLISHER }"));
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string bearer = "Bearer " + made->token();
  const auto nowhere = [] { return std::string("192.0.2.1"); };
  EXPECT_TRUE(authenticator_.Authenticate(bearer, nowhere).ok());
  v1::ListTokensRequest list;
  list.set_parent("tenants/acme");
  const auto listed =
      Call<v1::ListTokensResponse>(*stub, &v1::TokenService::Stub::ListTokens, list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->tokens_size(), 1);
  EXPECT_EQ(listed->tokens(0).token(), "");
  v1::UpdateTokenRequest update;
  update.mutable_token()->set_name(made->name());
  update.mutable_token()->set_display_name("CI");
  const auto updated = Call<v1::Token>(*stub, &v1::TokenService::Stub::UpdateToken, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->display_name(), "CI");
  v1::DeleteTokenRequest deletion;
  deletion.set_name(made->name());
  const auto deleted =
      Call<google::protobuf::Empty>(*stub, &v1::TokenService::Stub::DeleteToken, deletion);
  EXPECT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_FALSE(authenticator_.Authenticate(bearer, nowhere).ok() && authenticator_.asks());
  v1::GetTokenRequest get;
  get.set_name(made->name());
  const auto gone = Call<v1::Token>(*stub, &v1::TokenService::Stub::GetToken, get);
  EXPECT_EQ(aip::ReasonOf(gone.status()), v1::RESOURCE_NOT_FOUND);
}

TEST_F(ControlServicesTest, WhatIsNoConfigurationIsWrittenDownOnceItIsDone) {
  ASSERT_TRUE(Create(R"(parent: "tenants/acme" destination_id: "orders"
      destination { url: "https://receiver.example/hooks" })")
                  .ok());
  const auto destinations = v1::DestinationService::NewStub(channel_);
  const auto audit = v1::AuditService::NewStub(channel_);
  const auto entries = [&] {
    return Call<v1::ListAuditEntriesResponse>(*audit, &v1::AuditService::Stub::ListAuditEntries,
                                              v1::ListAuditEntriesRequest())
        .value();
  };
  const int before = entries().audit_entries_size();
  const auto enable = [&](const std::string& more) {
    return Call<v1::Destination>(
               *destinations, &v1::DestinationService::Stub::EnableDestination,
               Made<v1::EnableDestinationRequest>(absl::StrCat("name: \"", kOrders, "\" ", more)))
        .status();
  };
  ASSERT_TRUE(enable("request_id: \"r1\"").ok());
  const auto found = entries();
  ASSERT_EQ(found.audit_entries_size(), before + 1);
  const v1::AuditEntry& entry = found.audit_entries(0);
  EXPECT_EQ(entry.method(), "carillon.v1.DestinationService/EnableDestination");
  EXPECT_EQ(entry.changes(0).resource(), kOrders);
  ASSERT_TRUE(enable("request_id: \"r1\"").ok());
  EXPECT_FALSE(enable("etag: \"x\"").ok());
  EXPECT_EQ(entries().audit_entries_size(), before + 1) << "neither had an effect";
}

}  // namespace
}  // namespace carillon::controlgrpc
