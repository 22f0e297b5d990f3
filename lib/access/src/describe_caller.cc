#include "carillon/access/describe_caller.h"

#include <google/protobuf/util/time_util.h>

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/access/authorize.h"

namespace carillon::access {
namespace {

using google::protobuf::util::TimeUtil;

v1::Caller::Kind KindOf(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kToken:
      return v1::Caller::TOKEN;
    case PrincipalKind::kJwt:
      return v1::Caller::JWT;
    case PrincipalKind::kCertificate:
      return v1::Caller::CERTIFICATE;
    case PrincipalKind::kPortal:
      return v1::Caller::PORTAL;
    case PrincipalKind::kAnonymous:
    case PrincipalKind::kLoopback:
      break;
  }
  return v1::Caller::KIND_UNSPECIFIED;
}

}  // namespace

v1::Caller DescribeCaller(const Principal& principal, const Methods& methods) {
  v1::Caller caller;
  caller.set_principal(principal.name);
  caller.set_kind(KindOf(principal.kind));
  caller.set_role(principal.role);
  caller.set_all_tenants(principal.all_tenants);
  if (!principal.all_tenants) {
    for (const std::string& tenant : principal.tenants) {
      caller.add_tenants(absl::StrCat("tenants/", tenant));
    }
  }
  if (principal.expire_time) {
    *caller.mutable_expire_time() = TimeUtil::NanosecondsToTimestamp(
        std::chrono::nanoseconds(principal.expire_time->time_since_epoch()).count());
  }
  for (const auto& [name, method] : methods.all()) {
    if (CheckMethod(method, &principal).ok()) caller.add_methods(name);
  }
  for (const std::string& type : principal.event_types) caller.add_event_types(type);
  return caller;
}

}  // namespace carillon::access
