#pragma once

#include <memory>
#include <string>
#include <vector>

#include "carillon/access/authenticator.h"
#include "carillon/access/methods.h"
#include "carillon/base/clock.h"
#include "carillon/control/audit_log.h"
#include "carillon/control/delivery_access.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"
#include "carillon/control/server_facts.h"
#include "carillon/controlgrpc/call_authorization.h"
#include "carillon/deliverylog/attempt_store.h"
#include "carillon/notices/notice_store.h"
#include "carillon/operations/operations.h"
#include "carillon/operations/replay.h"
#include "carillon/rpc/guest.h"
#include "carillon/statistics/statistics_store.h"
#include "carillon/trial/trial_sender.h"

namespace carillon::controlgrpc {

/// What the services work with. All outlive them.
struct ControlOptions {
  control::Repository& repository;
  const control::ResourceType& destinations;
  const control::ResourceType& subscriptions;
  const control::ResourceType& tenants;
  const control::ResourceType& event_types;
  const control::ResourceType& tenant_tokens;
  const control::ResourceType& tokens;
  const control::ResourceType& portal_sessions;
  access::Authenticator& authenticator;  ///< which knows the tokens that are made
  const control::ServerFacts& server;
  const access::Methods& methods;  ///< of which a caller is told those that it may call
  control::DeliveryAccess delivery;
  trial::Sender& trials;
  operations::Operations& operations;
  operations::DeliveryTools delivery_tools;  ///< of replays and resends
  const base::Clock& clock;
  Authorize authorize;
  control::AuditLog& audit;                           ///< what is done is written down in it
  deliverylog::AttemptStore* log = nullptr;           ///< null: there is none, and calls say so
  statistics::StatisticsStore* statistics = nullptr;  ///< the same
  notices::NoticeStore* notices = nullptr;            ///< the same
};

/// The services of the control plane. Destroyed after the server that serves them.
class ControlServices {
 public:
  /// Calls that read at once; one more is answered with RATE_LIMITED.
  static constexpr size_t kMaxReading = 64;

  static std::unique_ptr<ControlServices> Create(ControlOptions options);
  /// The full names of them all.
  static std::vector<std::string> Names();
  virtual ~ControlServices() = default;

  /// To be served, as long as this exists.
  virtual const std::vector<rpc::Guest>& guests() const = 0;
  /// Answers what is being read, and refuses more. Before the server is shut down.
  virtual void Stop() = 0;
};

}  // namespace carillon::controlgrpc
