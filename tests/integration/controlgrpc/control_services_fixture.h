#pragma once

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
#include "carillon/controlgrpc/control_services.h"
#include "carillon/deliverylog/attempt_store.h"
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
#include "fixture_sources.h"
#include "guest_server.h"

namespace carillon::controlgrpc {
inline constexpr char kOrders[] = "tenants/acme/destinations/orders";

/// The services of the control plane over gRPC, an SQLite store behind them.
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
                   tenant_tokens_.get(), tokens_.get(), portal_sessions_.get(), deletions_.get(),
                   retirements_.get()},
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
  control::ServerFacts facts_{"1.2.3", std::make_shared<v1::Config>(),
                              std::make_shared<v1::SettingSources>(), clock_};
  std::unique_ptr<const access::Methods> methods_;
  const std::unique_ptr<control::ResourceType> destinations_ = control::MakeDestinationType();
  const std::unique_ptr<control::ResourceType> tenants_ = control::MakeTenantType();
  const std::unique_ptr<control::ResourceType> subscriptions_ = control::MakeSubscriptionType();
  const std::unique_ptr<control::ResourceType> deletions_ = control::MakeTenantDeletionType();
  const std::unique_ptr<control::ResourceType> retirements_ = control::MakeTenantRetirementType();
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

inline std::string CreateText(const std::string& id) {
  return absl::StrCat("parent: \"tenants/acme\" destination_id: \"", id,
                      "\" destination { url: \"https://receiver.example/\" }");
}

}  // namespace carillon::controlgrpc
