#include "carillon/access/authorize.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "request_walk.h"

namespace carillon::access {
namespace {

absl::Status RoleForbidden(const Method& method, std::string_view role, std::string_view why) {
  return aip::MakeError(v1::ROLE_FORBIDDEN, absl::StrCat(base::ToAbsl(why), " ", method.name),
                        {{"method", method.name}, {"role", std::string(role)}});
}

}  // namespace

absl::Status CheckMethod(const Method& method, const Principal* principal) {
  if (method.door == Door::kOpen) return absl::OkStatus();
  if (principal == nullptr) {
    return aip::MakeError(
        v1::CREDENTIALS_MISSING,
        "no credential: send a token as the metadata (or header) \"authorization: Bearer car_...\"",
        {{"method", method.name}});
  }
  if (principal->kind == PrincipalKind::kPortal && !method.portal) {
    return RoleForbidden(method, "portal", "a portal session may not call");
  }
  if (method.door == Door::kCaller) return absl::OkStatus();
  if (!method.HasRole(principal->role)) {
    const std::string& role = v1::Role_Name(principal->role);
    return RoleForbidden(method, role, absl::StrCat(role, " may not call"));
  }
  if (method.scope == v1::SCOPE_SERVICE && !principal->all_tenants) {
    return aip::MakeError(
        v1::TENANT_FORBIDDEN,
        absl::StrCat(method.name, " concerns all tenants, and the caller has some of them"),
        {{"method", method.name}});
  }
  return absl::OkStatus();
}

absl::Status CheckRequest(const Method& method, const Principal& principal,
                          google::protobuf::Message& request) {
  if (method.plan == nullptr) return absl::OkStatus();
  return RequestWalk(principal, method.scope == v1::SCOPE_TENANT).Check(*method.plan, request);
}

absl::Status CheckEvent(const Principal& principal, size_t index, std::string_view tenant,
                        std::string_view type) {
  if (!principal.MayEnter(tenant)) {
    const std::string field = absl::StrCat("events[", index, "].tenant");
    return aip::MakeError(v1::TENANT_FORBIDDEN, absl::StrCat(field, ": not a tenant of the caller"),
                          {{"field", field}});
  }
  if (!principal.MayPublishType(type)) {
    const std::string field = absl::StrCat("events[", index, "].type");
    return aip::MakeError(v1::EVENT_TYPE_FORBIDDEN,
                          absl::StrCat(field, ": not an event type that the caller may publish"),
                          {{"field", field}});
  }
  return absl::OkStatus();
}

}  // namespace carillon::access
