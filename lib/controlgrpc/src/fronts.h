#pragma once

#include "carillon/access/methods.h"
#include "carillon/control/attempt_tails.h"
#include "carillon/control/audit_methods.h"
#include "carillon/control/config_methods.h"
#include "carillon/control/deletion_counter.h"
#include "carillon/control/delivery_methods.h"
#include "carillon/control/destination_reader.h"
#include "carillon/control/destination_states.h"
#include "carillon/control/destination_tester.h"
#include "carillon/control/event_methods.h"
#include "carillon/control/event_type_import.h"
#include "carillon/control/key_methods.h"
#include "carillon/control/member_suggestions.h"
#include "carillon/control/notice_methods.h"
#include "carillon/control/operation_methods.h"
#include "carillon/control/portal_methods.h"
#include "carillon/control/repository.h"
#include "carillon/control/resend_methods.h"
#include "carillon/control/server_facts.h"
#include "carillon/control/standard_methods.h"
#include "carillon/control/stats_methods.h"
#include "carillon/control/subscription_preview.h"
#include "carillon/control/summary_methods.h"
#include "carillon/control/tenant_deletions.h"
#include "carillon/control/tenant_methods.h"
#include "carillon/control/token_methods.h"
#include "carillon/control/url_checker.h"
#include "carillon/rpc/guest.h"
#include "control_calls.h"

namespace carillon::controlgrpc {

// One for each service; what it is made of outlives it.
rpc::Guest MakeAuditFront(ControlCalls& calls, control::AuditMethods& audit);
rpc::Guest MakeConfigFront(ControlCalls& calls, control::ConfigMethods& config);
rpc::Guest MakeDeliveryFront(ControlCalls& calls, const control::DeliveryMethods& methods,
                             control::ResendMethods& resends, control::AttemptTails& tails);
struct DestinationParts {
  control::Methods& methods;
  control::DestinationReader& reader;
  control::DestinationStates& states;
  control::DestinationTester& tester;
  control::DeletionCounter& counter;
  control::UrlChecker& urls;
};
rpc::Guest MakeDestinationFront(ControlCalls& calls, const DestinationParts& parts);
rpc::Guest MakeEventFront(ControlCalls& calls, control::EventMethods& events);
rpc::Guest MakeEventTypeFront(ControlCalls& calls, control::Methods& methods,
                              control::EventTypeImport& import,
                              const control::MemberSuggestions& suggestions);
rpc::Guest MakeKeyFront(ControlCalls& calls, control::KeyMethods& methods);
rpc::Guest MakeOperationFront(ControlCalls& calls, const control::OperationMethods& methods);
rpc::Guest MakePortalFront(ControlCalls& calls, control::PortalMethods& portals);
rpc::Guest MakeServerFront(ControlCalls& calls, const control::ServerFacts& facts,
                           control::Repository& repository);
rpc::Guest MakeStatsFront(ControlCalls& calls, const control::StatsMethods& methods,
                          control::SummaryMethods& summary);
rpc::Guest MakeNoticeFront(ControlCalls& calls, const control::NoticeMethods& notices);
rpc::Guest MakeSubscriptionFront(ControlCalls& calls, control::Methods& methods,
                                 control::SubscriptionPreview& preview);
rpc::Guest MakeTenantFront(ControlCalls& calls, control::TenantMethods& tenants,
                           control::TenantDeletions& deletions);
/// `methods`: of which a caller is told those that it may call.
rpc::Guest MakeTokenFront(ControlCalls& calls, control::TokenMethods& tokens,
                          const access::Methods& methods);

}  // namespace carillon::controlgrpc
