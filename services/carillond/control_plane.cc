#include "control_plane.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "carillon/access/methods.h"
#include "carillon/configstore/sqlite_config_store.h"
#include "carillon/control/audit_log.h"
#include "carillon/control/destination_expiry.h"
#include "carillon/control/operation_tasks.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/server_facts.h"
#include "carillon/controlgrpc/authorize_by_access.h"
#include "carillon/controlgrpc/control_services.h"
#include "carillon/engine/resolver_options.h"
#include "carillon/operations/operation_store.h"
#include "carillon/operations/operations.h"
#include "carillon/operations/routes_in.h"
#include "carillon/resource/proto_time.h"
#include "carillon/trial/trial_sender.h"
#include "carillon/v1/publisher.pb.h"
#include "google/protobuf/descriptor.h"

namespace carillon::server {
namespace {

constexpr char kFile[] = "config.db";
constexpr char kOperationsFile[] = "operations.db";

control::AuditLog::Limits AuditLimits(const v1::AuditSettings& settings) {
  return {.age = resource::ToChrono(settings.retention_age()), .bytes = settings.retention_bytes()};
}

/// How long anything of a tenant that was deleted may be kept.
std::chrono::seconds LongestKept(const config::Config& config) {
  std::chrono::nanoseconds longest = std::max<std::chrono::nanoseconds>(
      operations::Operations::kKeptFor, notices::Options().max_age);
  for (const auto& age : {config.journal.retention_age(), config.delivery_log.retention_age(),
                          config.statistics.minute_retention_age(),
                          config.statistics.hour_retention_age(), config.audit.retention_age()}) {
    longest = std::max<std::chrono::nanoseconds>(longest, resource::ToChrono(age));
  }
  return std::chrono::ceil<std::chrono::seconds>(longest);
}

class ControlPlaneImpl final : public ControlPlane {
 public:
  ControlPlaneImpl(const base::Clock& clock, access::Authenticator& authenticator,
                   operations::DeliveryTools tools, statistics::StatisticsStore* statistics,
                   notices::NoticeStore* notices)
      : clock_(clock),
        authenticator_(authenticator),
        tools_(std::move(tools)),
        statistics_(statistics),
        notices_(notices) {}
  ~ControlPlaneImpl() override { Stop(); }

  absl::Status Start(const config::Config& config, const resource::Source& file,
                     base::DescriptorBudget& connections, control::DeliveryAccess delivery) {
    const std::filesystem::path folder = config.journal.data_dir();
    auto store = configstore::OpenSqliteConfigStore({.path = folder / kFile});
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    auto audit = control::AuditLog::Open(*store_, clock_, AuditLimits(config.audit));
    if (!audit.ok()) return audit.status();
    audit_ = *std::move(audit);
    auto repository = control::Repository::Open(
        {.store = *store_,
         .keys = config.master_keys,
         .clock = clock_,
         .file = file,
         .types = {destinations_.get(), subscriptions_.get(), tenants_.get(), event_types_.get(),
                   tenant_tokens_.get(), tokens_.get(), portal_sessions_.get(), deletions_.get(),
                   retirements_.get()},
         .audit = audit_.get(),
         .retirement = LongestKept(config)});
    if (!repository.ok()) return repository.status();
    repository_ = *std::move(repository);
    expiry_.emplace(*repository_, *destinations_, clock_);
    if (absl::Status status = ReadMethods(); !status.ok()) return status;
    if (absl::Status status = StartOperations(folder / kOperationsFile, file); !status.ok()) {
      return status;
    }
    facts_.emplace(CARILLON_VERSION, config.settings, config.sources, clock_);
    facts_->SetLines(config.lines);
    auto trials =
        trial::Sender::Create({.clock = clock_,
                               .connections = &connections,
                               .resolver = engine::ResolverOptionsOf(config.resolver),
                               .max_response_head_bytes = config.delivery.max_response_head_bytes(),
                               .user_agent = "Carillon/" CARILLON_VERSION});
    if (!trials.ok()) return trials.status();
    trials_ = *std::move(trials);
    services_ = controlgrpc::ControlServices::Create(
        {.repository = *repository_,
         .destinations = *destinations_,
         .subscriptions = *subscriptions_,
         .tenants = *tenants_,
         .event_types = *event_types_,
         .tenant_tokens = *tenant_tokens_,
         .tokens = *tokens_,
         .portal_sessions = *portal_sessions_,
         .authenticator = authenticator_,
         .server = *facts_,
         .methods = *methods_,
         .delivery = std::move(delivery),
         .trials = *trials_,
         .operations = *operations_,
         .delivery_tools = tools_,
         .clock = clock_,
         .authorize = controlgrpc::AuthorizeByAccess(
             authenticator_, *methods_,
             [this](const std::string& peer) {
               const rpc::Front* const front = front_.load();
               return front != nullptr ? front->HostOf(peer) : peer;
             },
             [this](const std::string& peer) {
               const rpc::Front* const front = front_.load();
               return front != nullptr ? front->CertificateOf(peer) : nullptr;
             },
             audit_.get()),
         .audit = *audit_,
         .log = tools_.log,
         .statistics = statistics_,
         .notices = notices_});
    return absl::OkStatus();
  }

  resource::Source& source() override { return *repository_; }

  const std::vector<rpc::Guest>& guests() const override { return services_->guests(); }

  void SetFront(const rpc::Front& front, const std::string& publish_address) override {
    front_.store(&front);
    facts_->SetPublishAddress(publish_address);
  }

  void SetSettings(const config::Config& config) override {
    facts_->SetSettings(config.settings, config.sources);
    facts_->SetLines(config.lines);
  }

  void BeginExpiry() override { expiry_->Start(); }

  void Stop() override {
    if (services_ != nullptr) services_->Stop();
    if (trials_ != nullptr) trials_->Stop();
    if (operations_ != nullptr) operations_->Stop();
    if (repository_ != nullptr) repository_->Stop();
    if (expiry_) expiry_->Stop();
    if (audit_ != nullptr) audit_->Stop();
  }

 private:
  /// Who may call what, publishing included, from the descriptors.
  absl::Status ReadMethods() {
    std::vector<const google::protobuf::ServiceDescriptor*> descriptors;
    const google::protobuf::DescriptorPool& pool =
        *google::protobuf::DescriptorPool::generated_pool();
    for (const std::string& name : controlgrpc::ControlServices::Names()) {
      descriptors.push_back(pool.FindServiceByName(name));
    }
    descriptors.push_back(v1::PublishRequest::descriptor()->file()->service(0));
    auto methods = access::Methods::Create(descriptors, {});
    if (!methods.ok()) return methods.status();
    methods_ = *std::move(methods);
    return absl::OkStatus();
  }

  /// What was under way goes on with the first table in force.
  absl::Status StartOperations(const std::string& path, const resource::Source& file) {
    tools_.routes = [this, &file](const std::string& tenant, const std::string& destination) {
      return operations::RoutesIn({&file, repository_.get()}, tenant, destination);
    };
    tools_.destinations = [this, &file](const std::string& tenant) {
      return operations::DestinationsIn({&file, repository_.get()}, tenant);
    };
    auto store = operations::OperationStore::Open(path);
    if (!store.ok()) return store.status();
    operation_store_ = *std::move(store);
    auto operations = operations::Operations::Create(
        *operation_store_, control::OperationTasks(tools_, *repository_, clock_), clock_,
        operations::OutcomesIn(tools_.log));
    if (!operations.ok()) return operations.status();
    operations_ = *std::move(operations);
    return absl::OkStatus();
  }

  const base::Clock& clock_;
  access::Authenticator& authenticator_;
  operations::DeliveryTools tools_;
  statistics::StatisticsStore* const statistics_;
  notices::NoticeStore* const notices_;
  std::atomic<const rpc::Front*> front_{nullptr};
  const std::unique_ptr<control::ResourceType> destinations_ = control::MakeDestinationType();
  const std::unique_ptr<control::ResourceType> subscriptions_ = control::MakeSubscriptionType();
  const std::unique_ptr<control::ResourceType> tenants_ = control::MakeTenantType();
  const std::unique_ptr<control::ResourceType> deletions_ = control::MakeTenantDeletionType();
  const std::unique_ptr<control::ResourceType> retirements_ = control::MakeTenantRetirementType();
  const std::unique_ptr<control::ResourceType> event_types_ = control::MakeEventTypeType();
  const std::unique_ptr<control::ResourceType> tenant_tokens_ = control::MakeTenantTokenType();
  const std::unique_ptr<control::ResourceType> tokens_ = control::MakeTokenType();
  const std::unique_ptr<control::ResourceType> portal_sessions_ =
      control::MakePortalSessionType([this] { return facts_->settings()->access().public_url(); });
  std::unique_ptr<store::ConfigStore> store_;
  std::unique_ptr<control::AuditLog> audit_;
  std::unique_ptr<control::Repository> repository_;
  std::optional<control::DestinationExpiry> expiry_;
  std::unique_ptr<operations::OperationStore> operation_store_;
  std::unique_ptr<operations::Operations> operations_;
  std::unique_ptr<trial::Sender> trials_;
  std::unique_ptr<const access::Methods> methods_;
  std::optional<control::ServerFacts> facts_;
  std::unique_ptr<controlgrpc::ControlServices> services_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ControlPlane>> ControlPlane::Open(
    const config::Config& config, const resource::Source& file,
    access::Authenticator& authenticator, base::DescriptorBudget& connections,
    control::DeliveryAccess delivery, const base::Clock& clock, operations::DeliveryTools tools,
    statistics::StatisticsStore* statistics, notices::NoticeStore* notices) {
  auto plane = std::make_unique<ControlPlaneImpl>(clock, authenticator, std::move(tools),
                                                  statistics, notices);
  if (absl::Status status = plane->Start(config, file, connections, std::move(delivery));
      !status.ok())
    return status;
  return plane;
}

}  // namespace carillon::server
