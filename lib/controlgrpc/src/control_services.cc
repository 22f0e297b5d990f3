#include "carillon/controlgrpc/control_services.h"

#include <utility>

#include "carillon/control/attempt_tails.h"
#include "carillon/control/delivery_methods.h"
#include "carillon/control/event_methods.h"
#include "carillon/control/operation_methods.h"
#include "carillon/control/portal_methods.h"
#include "carillon/control/resend_methods.h"
#include "carillon/control/standard_methods.h"
#include "carillon/control/stats_methods.h"
#include "control_calls.h"
#include "fronts.h"

namespace carillon::controlgrpc {
namespace {

class ControlServicesImpl final : public ControlServices {
 public:
  explicit ControlServicesImpl(ControlOptions options)
      : destinations_(options.repository, options.destinations, options.clock),
        subscriptions_(options.repository, options.subscriptions, options.clock),
        event_types_(options.repository, options.event_types, options.clock),
        event_type_import_(options.repository, options.event_types, options.clock),
        member_suggestions_(options.repository),
        keys_(options.repository, options.destinations, options.clock),
        states_(options.repository, options.destinations, destinations_, options.delivery.command),
        tester_(options.repository, options.destinations, options.trials, options.clock),
        urls_(options.repository, options.trials, options.clock),
        deliveries_(options.log, options.repository.page_tokens(), options.clock),
        tails_(control::AttemptTails::Create(options.log, options.repository.page_tokens(),
                                             options.clock)),
        stats_(options.statistics, options.repository, options.clock),
        operations_(
            options.operations,
            [this](const v1::Operation& operation, std::shared_ptr<control::CallTrail> trail,
                   absl::AnyInvocable<void(absl::Status)> done) {
              deletions_.Release(operation, std::move(trail), std::move(done));
            },
            options.repository.page_tokens(), options.clock),
        resends_(options.repository, options.operations, options.delivery_tools, options.clock),
        tokens_({options.repository, options.tenant_tokens, options.tokens, options.authenticator,
                 options.clock}),
        portals_({options.repository, options.portal_sessions, options.authenticator,
                  &options.audit, options.clock}),
        tenants_(options.repository, options.tenants, options.clock),
        deletions_({.repository = options.repository,
                    .tenants = options.tenants,
                    .operations = options.operations,
                    .describe = options.delivery.describe,
                    .clock = options.clock,
                    .on_tokens_changed =
                        [this] {
                          tokens_.RenewAll();
                          portals_.RenewAll();
                        }}),
        config_(options.repository,
                {options.tenants, options.event_types, options.destinations, options.subscriptions},
                options.methods, options.clock),
        audit_(options.audit, options.repository.page_tokens(), options.clock),
        calls_(std::move(options.authorize), &options.audit,
               [&facts = options.server](auto& answer) { facts.Locate(answer); }),
        reader_(options.destinations, destinations_, options.delivery.describe,
                [this](absl::AnyInvocable<void()> task) { return calls_.Post(std::move(task)); }),
        summary_(reader_, options.statistics),
        notices_(options.notices, options.repository.page_tokens(), options.clock),
        counter_(options.destinations, options.delivery.count),
        preview_(options.repository, options.subscriptions, *options.delivery.events, options.clock,
                 [this](absl::AnyInvocable<void()> task) { return calls_.Post(std::move(task)); }),
        events_(options.repository,
                {*options.delivery.events, options.log, options.clock,
                 [this](absl::AnyInvocable<void()> task) { return calls_.Post(std::move(task)); }}),
        guests_{MakeDestinationFront(calls_,
                                     {destinations_, reader_, states_, tester_, counter_, urls_}),
                MakeKeyFront(calls_, keys_),
                MakeSubscriptionFront(calls_, subscriptions_, preview_),
                MakeDeliveryFront(calls_, deliveries_, resends_, *tails_),
                MakeOperationFront(calls_, operations_),
                MakeEventTypeFront(calls_, event_types_, event_type_import_, member_suggestions_),
                MakeStatsFront(calls_, stats_, summary_),
                MakeNoticeFront(calls_, notices_),
                MakeServerFront(calls_, options.server, options.repository),
                MakeTokenFront(calls_, tokens_, options.methods),
                MakePortalFront(calls_, portals_),
                MakeTenantFront(calls_, tenants_, deletions_),
                MakeAuditFront(calls_, audit_),
                MakeEventFront(calls_, events_),
                MakeConfigFront(calls_, config_)} {
    tails_->Start();
    deletions_.Resume();
  }

  const std::vector<rpc::Guest>& guests() const override { return guests_; }
  void Stop() override {
    tails_->Stop();
    calls_.Stop();
    audit_.Stop();
  }

 private:
  control::Methods destinations_;
  control::Methods subscriptions_;
  control::Methods event_types_;
  control::EventTypeImport event_type_import_;
  control::MemberSuggestions member_suggestions_;
  control::KeyMethods keys_;
  control::DestinationStates states_;
  control::DestinationTester tester_;
  control::UrlChecker urls_;
  control::DeliveryMethods deliveries_;
  const std::unique_ptr<control::AttemptTails> tails_;
  control::StatsMethods stats_;
  control::OperationMethods operations_;
  control::ResendMethods resends_;
  control::TokenMethods tokens_;
  control::PortalMethods portals_;
  control::TenantMethods tenants_;
  control::TenantDeletions deletions_;
  control::ConfigMethods config_;
  control::AuditMethods audit_;
  ControlCalls calls_;
  control::DestinationReader reader_;
  control::SummaryMethods summary_;
  control::NoticeMethods notices_;
  control::DeletionCounter counter_;
  control::SubscriptionPreview preview_;
  control::EventMethods events_;
  const std::vector<rpc::Guest> guests_;
};

}  // namespace

std::vector<std::string> ControlServices::Names() {
  return {"carillon.v1.DestinationService",  "carillon.v1.KeyService",
          "carillon.v1.SubscriptionService", "carillon.v1.DeliveryService",
          "carillon.v1.OperationService",    "carillon.v1.EventTypeService",
          "carillon.v1.StatsService",        "carillon.v1.ServerService",
          "carillon.v1.TokenService",        "carillon.v1.TenantService",
          "carillon.v1.AuditService",        "carillon.v1.EventService",
          "carillon.v1.ConfigService",       "carillon.v1.PortalService",
          "carillon.v1.NoticeService"};
}

std::unique_ptr<ControlServices> ControlServices::Create(ControlOptions options) {
  return std::make_unique<ControlServicesImpl>(std::move(options));
}

}  // namespace carillon::controlgrpc
