#include "carillon/resource/config.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/resource/open_ports.h"
#include "carillon/resource/read_access.h"
#include "carillon/resource/to_message.h"
#include "catalog.h"
#include "check_urls.h"
#include "field_rules.h"
#include "guard.h"
#include "memory.h"
#include "names.h"
#include "proxy.h"
#include "read_destination.h"
#include "read_master_keys.h"
#include "read_subscription.h"
#include "read_tenant.h"
#include "read_tls.h"
#include "read_tracing.h"
#include "settings.h"

namespace carillon::resource {
namespace {

void ReadDestinations(const v1::Config& given, Names& names, Config& to, Errors& errors) {
  const Path root;
  const Path path = root.Member("destinations");
  to.destinations.reserve(static_cast<size_t>(given.destinations_size()));
  for (int i = 0; i < given.destinations_size(); ++i) {
    const Path element = path.At(i);
    to.destinations.push_back(ReadDestination(given.destinations(i), element, errors));
    CheckUrls(to.destinations.back(), to.egress.rules, element, errors);
    if (given.destinations(i).has_expire_time()) {
      errors.Add(element.Member("expire_time"),
                 "is for destinations that are made by the API: take it out, and the destination "
                 "when it is not needed any more");
    }
    names.Add(to.destinations.back().tenant, to.destinations.back().name, i, element.Member("name"),
              errors);
  }
}

void ReadSubscriptions(const v1::Config& given, const Names& destinations, const Catalog& catalog,
                       Config& to, Errors& errors) {
  const Path root;
  const Path path = root.Member("subscriptions");
  to.subscriptions.reserve(static_cast<size_t>(given.subscriptions_size()));
  Names names("subscriptions");
  for (int i = 0; i < given.subscriptions_size() && !errors.full(); ++i) {
    const Path element = path.At(i);
    to.subscriptions.push_back(
        ReadSubscription(given.subscriptions(i), destinations, catalog, element, errors));
    names.Add(to.subscriptions.back().tenant, to.subscriptions.back().name, i,
              element.Member("name"), errors);
  }
}

void ReadTenants(const v1::Config& given, Config& to, Errors& errors) {
  const Path root;
  const Path path = root.Member("tenants");
  Names names("tenants");
  for (int i = 0; i < given.tenants_size() && !errors.full(); ++i) {
    const Path element = path.At(i);
    to.tenants.push_back(ReadTenant(given.tenants(i), element, errors));
    names.Add("", to.tenants.back().name, i, element.Member("name"), errors);
  }
}

/// Where tenants are required, those of the resources have to be among the file's: what the API has
/// made is not known here.
void RequireTenants(const Config& to, Errors& errors) {
  std::set<std::string_view> made;
  for (const model::Tenant& tenant : to.tenants) made.insert(tenant.name);
  const Path root;
  const auto look = [&](const auto& resources, const char* list) {
    const Path path = root.Member(list);
    for (size_t i = 0; i < resources.size() && !errors.full(); ++i) {
      if (made.contains(resources[i].tenant)) continue;
      const Path element = path.At(static_cast<int>(i));
      errors.Add(element.Member("name"),
                 absl::StrCat("is of the tenant '", resources[i].tenant,
                              "', which is not in `tenants` (limits.require_tenants)"));
    }
  };
  look(to.destinations, "destinations");
  look(to.subscriptions, "subscriptions");
}

/// TLS of the server's ports.
void ReadPorts(v1::ServerSettings& server, Config& to, const Path& path, Errors& errors) {
  if (server.has_publish_tls()) {
    to.publish_tls =
        ReadServerTls(*server.mutable_publish_tls(), path.Member("publish_tls"), errors);
  }
  if (server.has_admin_tls()) {
    to.admin_tls = ReadServerTls(*server.mutable_admin_tls(), path.Member("admin_tls"), errors);
  }
}

/// Who forgets the tokens learns of it before anybody else can use that.
void RefuseOpenPorts(const Config& config, Errors& errors) {
  const Path root;
  const Path server = root.Member("server");
  for (const std::string_view member : OpenPorts(config)) {
    const Path path = server.Member(member);
    // What is no address has its error.
    if (std::ranges::any_of(errors.violations(), [text = path.ToString()](const auto& violation) {
          return violation.path == text;
        })) {
      continue;
    }
    errors.Add(path,
               "must be a loopback address such as 127.0.0.1 while there is no token: whoever "
               "reaches it may publish. Add one to access.tokens (`carillon tokens generate`), ask "
               "for client certificates, or say access.trusted_network: true where the network "
               "keeps others away");
  }
}

/// What may be shown of a configuration whose sections are complete.
std::shared_ptr<const v1::Config> ToSettings(const v1::Config& complete) {
  auto settings = std::make_shared<v1::Config>();
  const auto& reflection = *v1::Config::GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(complete, &fields);
  for (const auto* const field : fields) {
    if (field->is_repeated()) continue;  // resources
    reflection.MutableMessage(settings.get(), field)
        ->CopyFrom(reflection.GetMessage(complete, field));
  }
  Redact(*settings);
  return settings;
}

}  // namespace

Config Validate(v1::Config given, const Surroundings& surroundings, Errors& errors) {
  const Path root;
  Config to;
  to.container = surroundings.limits;
  const size_t before = errors.violations().size();
  CheckRules(given, root, errors);
  // What there is too much of is not looked at.
  if (errors.violations().size() > before) return to;
  KeepWithin(surroundings.limits, given);
  Complete(*given.mutable_server(), root.Member("server"), errors);
  ReadPorts(*given.mutable_server(), to, root.Member("server"), errors);
  to.tokens = ReadAccess(given.access(), root.Member("access"), errors);
  to.jwt_issuers = ReadIssuers(given.access(), root.Member("access"), errors);
  to.certificates = ReadCertificates(given.access(), root.Member("access"), errors);
  to.trusted_proxies = ReadTrustedProxies(given.access(), root.Member("access"), errors);
  CheckPublicUrl(given.access(), root.Member("access"), errors);
  to.master_keys = ReadMasterKeys(given.secrets(), root.Member("secrets"), errors);
  Complete(*given.mutable_journal(), root.Member("journal"), errors);
  Complete(*given.mutable_delivery(), root.Member("delivery"), errors);
  Complete(*given.mutable_limits(), root.Member("limits"), errors);
  Complete(*given.mutable_resolver(), root.Member("resolver"), errors);
  Complete(*given.mutable_delivery_log(), root.Member("delivery_log"), errors);
  Complete(*given.mutable_statistics(), root.Member("statistics"), errors);
  ApplyRules(*given.mutable_audit(), root.Member("audit"), errors);
  CheckConsole(given.console(), root.Member("console"), errors);
  to.tracing = ReadTracing(given.tracing(), surroundings, root.Member("tracing"), errors);
  to.egress.rules = ReadGuard(given.guard(), root.Member("guard"), errors);
  if (given.has_proxy()) to.egress.proxy = ReadProxy(given.proxy(), root.Member("proxy"), errors);
  ReadTenants(given, to, errors);
  const Catalog catalog(given.event_types(), root.Member("event_types"), errors);
  Names names("destinations");
  ReadDestinations(given, names, to, errors);
  ReadSubscriptions(given, names, catalog, to, errors);
  if (given.limits().require_tenants()) RequireTenants(to, errors);
  const bool trusted = given.access().trusted_network();
  to.types = catalog.types();
  to.event_types = catalog.configured();
  to.settings = ToSettings(given);
  to.server = std::move(*given.mutable_server());
  to.journal = std::move(*given.mutable_journal());
  to.delivery = std::move(*given.mutable_delivery());
  to.limits = std::move(*given.mutable_limits());
  to.resolver = std::move(*given.mutable_resolver());
  to.delivery_log = std::move(*given.mutable_delivery_log());
  to.statistics = std::move(*given.mutable_statistics());
  to.audit = std::move(*given.mutable_audit());
  to.console = std::move(*given.mutable_console());
  if (!trusted) RefuseOpenPorts(to, errors);
  return to;
}

}  // namespace carillon::resource
