#include "read_tenant.h"

#include <optional>
#include <string_view>

#include "carillon/resource/read_one.h"
#include "carillon/resource/to_message.h"
#include "field_rules.h"
#include "member_rules.h"
#include "read_labels.h"

namespace carillon::resource {
namespace {

constexpr std::string_view kTenantPrefix = "tenants/";

}  // namespace

model::TenantLimits ReadLimits(const v1::TenantLimits& given) {
  model::TenantLimits to;
  if (given.has_max_destinations()) to.max_destinations = given.max_destinations();
  if (given.has_max_subscriptions()) to.max_subscriptions = given.max_subscriptions();
  if (given.has_max_in_flight()) to.max_in_flight = given.max_in_flight();
  if (given.has_max_rate()) to.max_rate = given.max_rate();
  if (given.has_weight()) to.weight = given.weight();
  if (given.has_publish_events_per_second()) {
    to.publish_events_per_second = given.publish_events_per_second();
  }
  if (given.has_publish_bytes_per_second()) {
    to.publish_bytes_per_second = given.publish_bytes_per_second();
  }
  if (given.has_max_backlog_bytes()) to.max_backlog_bytes = given.max_backlog_bytes();
  to.allow_insecure_skip_verify = given.allow_insecure_skip_verify();
  to.allow_unsigned_requests = given.allow_unsigned_requests();
  return to;
}

model::Tenant ReadTenant(const v1::Tenant& given, const Path& path, Errors& errors) {
  model::Tenant to;
  CheckRules(given, path, errors);
  std::string_view name = given.name();
  if (name.starts_with(kTenantPrefix)) name.remove_prefix(kTenantPrefix.size());
  if (!IsTenant(name)) {
    errors.Add(path.Member("name"),
               "must be 1-128 characters of [A-Za-z0-9_.-], neither `-` nor `.` nor `..`");
  }
  to.name = name;
  to.display_name = given.display_name();
  CheckRules(given.limits(), path.Member("limits"), errors);
  to.limits = ReadLimits(given.limits());
  to.disabled = given.disabled();
  to.disable_reason = given.disable_reason();
  to.labels = ReadLabels(given.labels(), path.Member("labels"), errors);
  to.annotations = ReadAnnotations(given.annotations(), path.Member("annotations"), errors);
  return to;
}

v1::Tenant ToMessage(const model::Tenant& from) {
  v1::Tenant to;
  to.set_name(std::string(kTenantPrefix) + from.name);
  to.set_display_name(from.display_name);
  to.set_disabled(from.disabled);
  to.set_disable_reason(from.disable_reason);
  to.mutable_labels()->insert(from.labels.begin(), from.labels.end());
  to.mutable_annotations()->insert(from.annotations.begin(), from.annotations.end());
  const model::TenantLimits& limits = from.limits;
  if (limits == model::TenantLimits()) return to;
  v1::TenantLimits& bounds = *to.mutable_limits();
  if (limits.max_destinations) bounds.set_max_destinations(*limits.max_destinations);
  if (limits.max_subscriptions) bounds.set_max_subscriptions(*limits.max_subscriptions);
  if (limits.max_in_flight) bounds.set_max_in_flight(*limits.max_in_flight);
  if (limits.max_rate) bounds.set_max_rate(*limits.max_rate);
  if (limits.weight) bounds.set_weight(*limits.weight);
  if (limits.publish_events_per_second) {
    bounds.set_publish_events_per_second(*limits.publish_events_per_second);
  }
  if (limits.publish_bytes_per_second) {
    bounds.set_publish_bytes_per_second(*limits.publish_bytes_per_second);
  }
  if (limits.max_backlog_bytes) bounds.set_max_backlog_bytes(*limits.max_backlog_bytes);
  bounds.set_allow_insecure_skip_verify(limits.allow_insecure_skip_verify);
  bounds.set_allow_unsigned_requests(limits.allow_unsigned_requests);
  return to;
}

}  // namespace carillon::resource
