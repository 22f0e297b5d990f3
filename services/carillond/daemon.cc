#include "daemon.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin_front.h"
#include "backlog_bounds.h"
#include "carillon/access/authenticator.h"
#include "carillon/access/tenant_quotas.h"
#include "carillon/admin/health.h"
#include "carillon/base/loop_watch.h"
#include "carillon/config/file_source.h"
#include "carillon/engine/engine.h"
#include "carillon/engine/resolver_options.h"
#include "carillon/journal/sqlite_journal.h"
#include "carillon/resource/proto_time.h"
#include "carillon/resource/sections.h"
#include "carillon/resource/source.h"
#include "carillon/rpc/front.h"
#include "carillon/rpc/publishing.h"
#include "carillon/tracing/tracer.h"
#include "control_plane.h"
#include "health_watch.h"
#include "in_force.h"
#include "install_console.h"
#include "journal_options.h"
#include "journal_watch.h"
#include "key_sets.h"
#include "notices.h"
#include "port_tls.h"
#include "quota_keeper.h"
#include "start_delivery_log.h"
#include "start_notices.h"
#include "start_statistics.h"
#include "start_tracer.h"

namespace carillon::server {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{1000};
/// How long an event loop may take for one turn: a reload of 100,000 destinations takes seconds.
constexpr std::chrono::seconds kLoopPatience{30};
constexpr std::chrono::milliseconds kGaugePatience{250};
constexpr std::chrono::seconds kRemovalPatience{2};
/// Of a publisher's connection: its own and the two ends of the one inside the process.
constexpr size_t kDescriptorsWithTls = 3;
constexpr std::string_view kPublishTls = "server.publish_tls";
constexpr std::string_view kAdminTls = "server.admin_tls";

/// How long a question to the delivery threads may take, which answer within milliseconds.
constexpr std::chrono::milliseconds kDescribePatience{500};
/// The same where the log is read for it.
constexpr std::chrono::seconds kCountPatience{5};

/// Both outlive it.
control::DeliveryAccess DeliveryBy(engine::Engine& engine, store::EventLog& events) {
  return {.command = [&engine](delivery::LaneOrder order,
                               auto done) { engine.Command(std::move(order), std::move(done)); },
          .describe =
              [&engine](std::vector<store::LaneName> names, auto done) {
                engine.Describe(std::move(names), kDescribePatience, std::move(done));
              },
          .count =
              [&engine](store::LaneName name, auto done) {
                engine.CountPending(std::move(name), kCountPatience, std::move(done));
              },
          .events = &events};
}

class DaemonImpl final : public Daemon {
 public:
  DaemonImpl(config::Config config, std::string config_path, const base::DescriptorShares& shares,
             log::Logger& logger)
      : config_(std::move(config)),
        config_path_(std::move(config_path)),
        shares_(shares),
        logger_(logger),
        connections_(shares.destinations) {}

  ~DaemonImpl() override {
    if (file_ != nullptr) file_->StopWatching();
    if (control_ != nullptr) control_->Stop();
    loops_.Stop();
    StopFronts();
    if (journal_ != nullptr) journal_->Stop();
    key_sets_.Stop();
    // Scrapes and looks at health ask the engine and the journal.
    admin_.Stop();
    engine_.reset();
    log_.reset();
    statistics_.reset();
    notices_.reset();
    spans_.reset();
  }

  absl::Status Start(std::atomic<bool>& opened, ExitCode& exit_code) {
    TellSurroundings(config_, logger_);
    TellOfOpenPorts(config_, logger_);
    // First of all: who asks during a long recovery is answered.
    exit_code = kExitFailed;
    health_.SetNotReady("starting: the store is being opened");
    if (absl::Status status = ListenAdmin(); !status.ok()) return status;
    exit_code = kExitStore;
    const base::MonoTime start = clock_.Mono();
    if (absl::Status status = OpenJournal(); !status.ok()) return status;
    opened = true;
    absl::Status status = StartOthers();
    metrics_->SetRecovery(clock_.Mono() - start);
    if (status.ok()) return status;
    // What went wrong may be the journal, which tells so on its own thread.
    journal_->Stop();
    exit_code = failed() ? failure() : kExitFailed;
    return status;
  }

  absl::Status StartOthers() {
    auto spans = SpanExport::Start(config_.tracing, clock_, logger_);
    if (!spans.ok()) return spans.status();
    spans_ = *std::move(spans);
    log_ = StartDeliveryLog(config_, clock_, logger_);
    statistics_ = StartStatistics(config_, clock_, logger_);
    notices_ = StartNotices(config_, clock_, logger_);
    absl::StatusOr<std::unique_ptr<engine::Engine>> engine =
        engine::Engine::Create(config_, clock_, connections_, journal_->stores(), *metrics_,
                               logger_, spans_ != nullptr ? &spans_->tracer() : nullptr, {},
                               log_.get(), statistics_.get(), notices_.get());
    if (!engine.ok()) return engine.status();
    engine_ = *std::move(engine);
    journal_->Start();
    file_ = std::make_unique<config::FileSource>(config_path_, config_, clock_);
    auto control = ControlPlane::Open(config_, *file_, authenticator_, connections_,
                                      DeliveryBy(*engine_, *journal_), clock_, Tools(),
                                      statistics_.get(), notices_.get());
    if (!control.ok()) return control.status();
    control_ = *std::move(control);
    auto layers = resource::Layers::Create({file_.get(), &control_->source()});
    if (!layers.ok()) return layers.status();
    layers_ = *std::move(layers);
    const resource::SnapshotPtr snapshot = layers_->current();
    if (absl::Status status = engine_->ApplyAndWait(snapshot); !status.ok()) return status;
    metrics_->SetProcessGauges([this] { return Gauges(); });
    quota_keeper_.Set(snapshot);
    backlog_bounds_.Set(snapshot);
    in_force_.Set(snapshot);
    in_force_.SetCollector(CollectorTls());
    if (absl::Status status = ListenPublish(*snapshot); !status.ok()) return status;
    if (absl::Status status = admin_.api().Start(front_->InProcess(), front_->services());
        !status.ok()) {
      return status;
    }
    admin_.SetStarted();
    engine_->AddLoops(loops_);
    front_->AddLoops(loops_);
    health_watch_.Begin(journal_->log_stats().accepting,
                        [this](bool serving) { front_->SetServing(serving); });
    layers_->Subscribe([this](const resource::SnapshotPtr& next, resource::Source::Done done) {
      Take(next, std::move(done));
    });
    control_->BeginExpiry();
    file_->Watch(kWatchInterval, [this](const auto& reload) { OnReload(reload); });
    admin_.Every(HealthWatch::kInterval, [this] { LookAtHealth(); });
    LogReady(*snapshot);
    WarnOfFewDescriptors(config_, shares_, logger_);
    return absl::OkStatus();
  }

  void Reload() override { file_->Poke(); }
  bool failed() const override { return journal_watch_.failed(); }
  ExitCode failure() const override { return journal_watch_.failure(); }

  void Stop(const std::function<bool()>& hurry) override {
    const base::MonoTime start = clock_.Mono();
    logger_.Info("stopping");
    file_->StopWatching();
    health_watch_.Stop();
    publishing_->Stop();
    control_->Stop();
    if (!engine_->Drain(resource::ToChrono(config_.server.shutdown_grace()), hurry)) {
      logger_.Warn(
          "outcomes could not be written; their deliveries are sent again after the start");
    }
    if (failed()) return;
    journal_->Stop();
    loops_.Stop();
    StopFronts();
    const double took = std::chrono::duration<double>(clock_.Mono() - start).count();
    logger_.Info("stopped", {{"seconds", took}, {"watermark", journal_->shard_stats().watermark}});
  }

 private:
  /// What replays, resends and purges work with; the control plane knows the routes.
  operations::DeliveryTools Tools() {
    return {.events = *journal_,
            .resend =
                [this](delivery::ResendOrder order,
                       absl::AnyInvocable<void(absl::StatusOr<size_t>)> done) {
                  engine_->Resend(std::move(order), std::move(done));
                },
            .routes = {},
            .log = log_.get(),
            .purge =
                [this](delivery::PurgeOrder order,
                       absl::AnyInvocable<void(absl::StatusOr<delivery::PurgeResult>)> done) {
                  engine_->Purge(std::move(order), std::move(done));
                },
            .destinations = {}};
  }

  /// What was called is answered, by gRPC and by HTTP. Once more does nothing.
  void StopFronts() {
    admin_.api().Refuse();
    if (front_ != nullptr) front_->Stop();
    admin_.api().Stop();
  }

  absl::Status OpenJournal() {
    journal::SqliteJournalOptions options = JournalOptions(config_);
    options.tenant_bounds = tenant_bounds_;
    absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
        journal::OpenSqliteJournal(options, journal_watch_.Hooks(), clock_);
    if (!journal.ok()) return journal.status();
    journal_ = *std::move(journal);
    return absl::OkStatus();
  }

  metrics::ProcessGauges Gauges() const {
    engine_->RefreshGauges(kGaugePatience);
    metrics::ProcessGauges gauges;
    Describe(*journal_, gauges);
    gauges.accepting = gauges.accepting && !health_watch_.stopping();
    gauges.in_flight_limit = engine_->in_flight_limit();
    in_force_.Describe(gauges);
    gauges.destination_connections_limit = connections_.places();
    gauges.log_lines_dropped = logger_.dropped();
    if (spans_ != nullptr) {
      const tracing::Tracer::Stats spans = spans_->tracer().stats();
      gauges.trace_spans = {spans.exported, spans.dropped, spans.rejected};
    }
    if (log_ != nullptr) server::Describe(*log_, gauges);
    if (statistics_ != nullptr) server::Describe(*statistics_, gauges);
    if (admin_.started()) front_->Describe(gauges);
    return gauges;
  }

  absl::Status ListenAdmin() {
    auto tls = MakePortTls(config_.admin_tls, web::TlsProtocol::kHttp11, kAdminTls);
    if (!tls.ok()) return tls.status();
    InstallConsole(config_.console, admin_, logger_);
    const absl::Status status =
        admin_.Listen(config_.server.admin_address(), shares_.admin, *std::move(tls));
    if (!status.ok()) return status;
    logger_.Info("starting", {{"version", CARILLON_VERSION},
                              {"admin_address", admin_.address()},
                              {"data_dir", config_.journal.data_dir()}});
    return absl::OkStatus();
  }

  absl::Status ListenPublish(const resource::Snapshot& snapshot) {
    ingest::Limits limits;
    limits.max_payload_bytes = config_.server.max_payload_bytes();
    limits.max_batch_events = config_.server.max_batch_events();
    limits.max_message_bytes = config_.server.max_message_bytes();
    publishing_ = std::make_unique<rpc::Publishing>(limits, clock_, *journal_, *metrics_);
    if (spans_ != nullptr) publishing_->SetTracer(spans_->tracer());
    publishing_->SetTenants(tenant_quotas_);
    if (statistics_ != nullptr) publishing_->SetStatistics(*statistics_);
    SetCatalog(snapshot);
    key_sets_.Start(*metrics_, engine::ResolverOptionsOf(config_.resolver));
    SetAccess(config_);
    auto tls = MakePortTls(config_.publish_tls, web::TlsProtocol::kHttp2, kPublishTls);
    if (!tls.ok()) return tls.status();
    const size_t places = shares_.publishers / (*tls != nullptr ? kDescriptorsWithTls : 1);
    v1::ServerSettings server = config_.server;
    server.set_max_publisher_connections(
        static_cast<uint32_t>(std::min<size_t>(server.max_publisher_connections(), places)));
    auto front = rpc::Front::Listen(server, *publishing_, authenticator_, clock_, logger_,
                                    *std::move(tls), control_->guests());
    if (!front.ok()) return front.status();
    front_ = *std::move(front);
    control_->SetFront(*front_, PublishAddress());
    return absl::OkStatus();
  }

  std::string PublishAddress() const {
    return WithPort(config_.server.publish_address(), static_cast<uint16_t>(front_->port()));
  }

  /// What there is comes before what there is no more: with nothing everybody may publish.
  void SetAccess(const config::Config& config) {
    if (!config.jwt_issuers.empty()) authenticator_.SetIssuers(config.jwt_issuers);
    if (!config.certificates.empty()) authenticator_.SetCertificates(config.certificates);
    authenticator_.SetTokens(config.tokens);
    authenticator_.SetIssuers(config.jwt_issuers);
    authenticator_.SetCertificates(config.certificates);
    key_sets_.Set(config.jwt_issuers);
    admin_.api().SetTrustedProxies(config.trusted_proxies);
  }

  void SetCatalog(const resource::Snapshot& snapshot) {
    if (snapshot.types == catalog_ && snapshot.event_types == event_types_) return;
    catalog_ = snapshot.types;
    event_types_ = snapshot.event_types;
    publishing_->SetCatalog(std::make_shared<const ingest::Catalog>(*catalog_, *event_types_));
  }

  /// On the thread of the source that has changed; `done` on the engine's.
  void Take(const resource::SnapshotPtr& snapshot, resource::Source::Done done) {
    engine_->Apply(snapshot, [this, snapshot, done = std::move(done)](absl::Status status) mutable {
      if (status.ok()) {
        SetCatalog(*snapshot);
        quota_keeper_.Set(snapshot);
        backlog_bounds_.Set(snapshot);
        in_force_.Set(snapshot);
      }
      done(std::move(status));
    });
  }

  /// On the engine's thread, where the file could be read, else on the watcher's.
  void OnReload(const config::FileSource::Reload& reload) {
    if (absl::IsCancelled(reload.status)) return;  // a newer one is told of
    metrics_->CountReload(reload.status.ok(), reload.took);
    if (!reload.status.ok()) {
      logger_.Error("the configuration was not taken; the one before stays in force",
                    {{"file", config_path_}, {"error", reload.status.message()}});
      KeepNotice(notices_.get(), notices::Kind::kReloadRefused,
                 std::string(reload.status.message()), clock_);
      return;
    }
    RenewSpanExport(reload.config->tracing);
    RenewPorts(*reload.config);
    SetAccess(*reload.config);
    control_->SetSettings(*reload.config);
    in_force_.SetCollector(CollectorTls());
    if (engine_ == nullptr) return;  // the process ends
    engine_->AwaitRemovals(
        kRemovalPatience,
        [this, revision = layers_->current()->revision, snapshot = reload.snapshot,
         restart = RestartNeededFor(*reload.config)](const engine::Engine::GivenUp& given_up) {
          LogReload(revision, *snapshot, restart, given_up);
        });
  }

  void LogReload(uint64_t revision, const resource::Snapshot& snapshot, const std::string& restart,
                 const engine::Engine::GivenUp& given_up) {
    // Where counting takes longer, the lines of the destinations tell the rest.
    logger_.Info("configuration reloaded", {{"file", config_path_},
                                            {"revision", revision},
                                            {"destinations", snapshot.destinations()},
                                            {"subscriptions", snapshot.subscriptions()},
                                            {"given_up", given_up.deliveries},
                                            {"given_up_counting", given_up.counting},
                                            {"restart_needed", !restart.empty()},
                                            {"restart_needed_for", restart}});
    KeepNotice(notices_.get(), notices::Kind::kReloaded, ReloadText(snapshot, restart), clock_);
  }

  /// `12 destinations, 8 subscriptions; a restart is needed for journal`
  static std::string ReloadText(const resource::Snapshot& snapshot, const std::string& restart) {
    std::string text = absl::StrCat(snapshot.destinations(), " destinations, ",
                                    snapshot.subscriptions(), " subscriptions");
    if (!restart.empty()) absl::StrAppend(&text, "; a restart is needed for ", restart);
    return text;
  }

  model::TlsSettings CollectorTls() const {
    return spans_ != nullptr ? spans_->tls() : model::TlsSettings();
  }

  void RenewSpanExport(const resource::Tracing& tracing) {
    if (spans_ == nullptr) return;
    const absl::Status status = spans_->Renew(tracing);
    if (status.ok()) return;
    logger_.Error("spans go on as they were: the collector's new settings cannot be used",
                  {{"error", status.message()}});
  }

  /// Whether a port has TLS is decided at the start; with what it shows who it is is not.
  void RenewPorts(const config::Config& wanted) {
    Renew(config_.publish_tls, wanted.publish_tls, web::TlsProtocol::kHttp2, kPublishTls,
          [this](web::ServerTlsPtr tls) { front_->SetTls(std::move(tls)); });
    Renew(config_.admin_tls, wanted.admin_tls, web::TlsProtocol::kHttp11, kAdminTls,
          [this](web::ServerTlsPtr tls) { admin_.SetTls(std::move(tls)); });
  }

  void Renew(resource::ServerTls& running, const resource::ServerTls& wanted,
             web::TlsProtocol protocol, std::string_view member,
             const std::function<void(web::ServerTlsPtr)>& set) {
    if (!running.wanted || !wanted.wanted || running == wanted) return;
    auto tls = MakePortTls(wanted, protocol, member);
    if (!tls.ok()) {
      logger_.Error("a port goes on with the certificate that it has",
                    {{"error", tls.status().message()}});
      return;
    }
    set(*std::move(tls));
    running = wanted;
    logger_.Info("a port has a new certificate", {{"member", member}});
  }

  /// The sections that a reload leaves as they are, with commas between them.
  std::string RestartNeededFor(const config::Config& config) const {
    std::string names;
    for (const std::string_view name :
         resource::RestartNeeded(sections_, resource::StartSections(config))) {
      if (!names.empty()) names += ',';
      names += name;
    }
    return names;
  }

  admin::PendingHead PendingHead() const {
    admin::PendingHead head;
    head.version = CARILLON_VERSION;
    for (const resource::StartSection& section : sections_) {
      head.start_sections.emplace_back(section.name, section.mark);
    }
    return head;
  }

  /// On the admin thread, again and again.
  void LookAtHealth() {
    health_watch_.Look({.accepting = journal_->log_stats().accepting,
                        .free_bytes = journal_->disk_stats().free_bytes,
                        .kept = journal_->shard_stats()});
  }

  void LogReady(const resource::Snapshot& snapshot) {
    KeepNotice(notices_.get(), notices::Kind::kStarted, CARILLON_VERSION, clock_);
    const journal::Recovered recovered = journal_->recovered();
    logger_.Info("ready", {{"version", CARILLON_VERSION},
                           {"publish_address", PublishAddress()},
                           {"admin_address", admin_.address()},
                           {"destinations", snapshot.destinations()},
                           {"subscriptions", snapshot.subscriptions()},
                           {"descriptors", shares_.limit},
                           {"last_position", recovered.last_position},
                           {"unsettled", recovered.last_position - recovered.watermark}});
  }

  config::Config config_;  // without its resources, once they are in force
  const std::vector<resource::StartSection> sections_ = resource::StartSections(config_);
  const std::string config_path_;
  const base::DescriptorShares shares_;
  log::Logger& logger_;
  const base::SystemClock clock_;
  std::unique_ptr<metrics::Metrics> metrics_ = metrics::Metrics::Create(CARILLON_VERSION);
  admin::Health health_;
  JournalWatch journal_watch_{*metrics_, health_, logger_, config_.journal.data_dir()};
  InForce in_force_{*metrics_, health_, logger_};
  base::LoopWatch loops_{clock_, kLoopPatience};
  HealthWatch health_watch_{clock_, config_, loops_, health_, logger_};

  base::DescriptorBudget connections_;  // to destinations
  std::unique_ptr<SpanExport> spans_;   // null when no collector is configured
  const std::shared_ptr<journal::TenantBounds> tenant_bounds_ =
      std::make_shared<journal::TenantBounds>();
  BacklogBounds backlog_bounds_{*tenant_bounds_};
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<deliverylog::AttemptStore> log_;  // null when it is off; the engine writes to it
  std::unique_ptr<statistics::StatisticsStore> statistics_;  // the same
  std::unique_ptr<notices::NoticeStore> notices_;            // the same
  std::unique_ptr<engine::Engine> engine_;
  access::Authenticator authenticator_{clock_};
  KeySets key_sets_{authenticator_, connections_, clock_, logger_};
  access::TenantQuotas tenant_quotas_;
  QuotaKeeper quota_keeper_{tenant_quotas_};
  std::unique_ptr<rpc::Publishing> publishing_;
  // Of publishing_; on the engine's thread, once it is made.
  resource::TypesPtr catalog_;
  resource::EventTypesPtr event_types_;
  std::unique_ptr<config::FileSource> file_;
  std::unique_ptr<ControlPlane> control_;
  std::unique_ptr<resource::Layers> layers_;  // of file_ and control_
  std::unique_ptr<rpc::Front> front_;         // serves control_
  // Last, since what it answers asks the others.
  AdminFront admin_{health_, [this] { return metrics_->Render(); },
                    [this](absl::AnyInvocable<void(model::PendingReport)> done) {
                      engine_->ListPending(std::move(done));
                    },
                    PendingHead(), clock_};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(
    config::Config config, const std::string& config_path, const base::DescriptorShares& shares,
    log::Logger& logger, std::atomic<bool>& opened, ExitCode& exit_code) {
  auto daemon = std::make_unique<DaemonImpl>(std::move(config), config_path, shares, logger);
  if (absl::Status status = daemon->Start(opened, exit_code); !status.ok()) return status;
  return daemon;
}

}  // namespace carillon::server
