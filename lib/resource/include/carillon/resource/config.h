#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "carillon/access/authenticator.h"
#include "carillon/base/container.h"
#include "carillon/guard/network.h"
#include "carillon/model/destination.h"
#include "carillon/model/subscription.h"
#include "carillon/model/tenant.h"
#include "carillon/net/egress.h"
#include "carillon/resource/path.h"
#include "carillon/resource/server_tls.h"
#include "carillon/resource/surroundings.h"
#include "carillon/resource/tracing.h"
#include "carillon/schema/event_type.h"
#include "carillon/sealing/master_key.h"
#include "carillon/v1/config.pb.h"

namespace carillon::resource {

/// A whole configuration, validated, defaults filled in. A value.
struct Config {
  v1::ServerSettings server;  ///< of TLS only whether there is any
  ServerTls publish_tls;
  ServerTls admin_tls;
  std::vector<access::Authenticator::Grant> tokens;  ///< who may call
  std::vector<access::JwtIssuer> jwt_issuers;        ///< whose tokens are taken, too
  std::vector<access::Authenticator::CertificateGrant> certificates;  ///< and who holds these
  std::vector<guard::Network> trusted_proxies;  ///< whose X-Forwarded-For is believed
  sealing::MasterKeys master_keys;  ///< for secrets that the API takes; empty: it takes none
  v1::JournalSettings journal;
  v1::DeliverySettings delivery;
  v1::LimitSettings limits;
  v1::ResolverSettings resolver;
  v1::DeliveryLogSettings delivery_log;
  v1::StatisticsSettings statistics;
  v1::AuditSettings audit;
  v1::ConsoleSettings console;
  Tracing tracing;
  net::Egress egress;                  ///< its rules let every destination's URL pass
  std::vector<std::string> types;      ///< the catalog: built-in and configured, sorted
  schema::EventTypes event_types;      ///< those configured, sorted
  std::vector<model::Tenant> tenants;  ///< that it makes
  std::vector<model::Destination> destinations;
  std::vector<model::Subscription> subscriptions;
  base::ContainerLimits container;  ///< what the defaults keep within
  /// The file as it may be shown: without resources, secrets blanked, and of the sections above
  /// with their defaults.
  std::shared_ptr<const v1::Config> settings;
};

/// Validates a configuration's message and fills its defaults in. `surroundings` have a say in the
/// defaults. What is wrong is added to `errors`, all of it: then the value must not be used.
Config Validate(v1::Config given, const Surroundings& surroundings, Errors& errors);

/// What the bounds on memory allow together, in bytes: events that wait for the disk, publishers,
/// delivery threads, ids that are remembered. The process takes some 64 MiB beside it.
uint64_t MemoryBounds(const Config& config);

}  // namespace carillon::resource
