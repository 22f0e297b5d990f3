#include "carillon/access/methods.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "carillon/v1/portal_service.pb.h"
#include "resource_types.h"

namespace carillon::access {
namespace {

/// What the option lacks, or empty.
std::string Lacks(const google::protobuf::MethodOptions& options) {
  if (!options.HasExtension(v1::access)) return "no option access";
  const v1::Access& access = options.GetExtension(v1::access);
  if (access.scope() == v1::SCOPE_UNSPECIFIED) return "no scope";
  if (access.audit() == v1::AUDIT_UNSPECIFIED) return "no audit";
  const bool roles = access.scope() != v1::SCOPE_CALLER;
  if (roles && access.roles().empty()) return "no roles";
  if (!roles && !access.roles().empty()) return "roles, which its scope does not ask for";
  if (roles && options.GetExtension(v1::credential_in_request)) {
    return "its credential in the request, and a scope that asks for another";
  }
  for (const int role : access.roles()) {
    if (!v1::Role_IsValid(role) || role == v1::ROLE_UNSPECIFIED) return "a role that is none";
  }
  return "";
}

Method ToMethod(const google::protobuf::MethodDescriptor& from) {
  const v1::Access& access = from.options().GetExtension(v1::access);
  Method method;
  method.name = absl::StrCat(from.service()->full_name(), "/", from.name());
  method.scope = access.scope();
  method.audit = access.audit();
  method.portal = access.portal();
  method.door = access.scope() == v1::SCOPE_CALLER ? Door::kCaller : Door::kRoles;
  if (from.options().GetExtension(v1::credential_in_request)) method.door = Door::kOpen;
  for (const int role : access.roles()) method.roles |= 1u << role;
  return method;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Methods>> Methods::Create(
    std::span<const google::protobuf::ServiceDescriptor* const> services,
    std::vector<Foreign> foreign) {
  ResourceTypes types;
  for (const google::protobuf::ServiceDescriptor* const service : services) {
    types.Add(*service->file());
  }
  std::unique_ptr<Methods> made(new Methods(std::make_unique<RequestPlans>(std::move(types))));
  std::vector<std::string> faults;
  for (const google::protobuf::ServiceDescriptor* const service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const google::protobuf::MethodDescriptor& from = *service->method(i);
      Method method = ToMethod(from);
      std::string lacks = Lacks(from.options());
      if (!lacks.empty()) faults.push_back(absl::StrCat(method.name, " has ", lacks));
      method.plan = &made->plans_->Of(*from.input_type());
      made->methods_.emplace(method.name, method);
    }
  }
  for (const std::string& unknown : made->plans_->unknown_types()) {
    faults.push_back(absl::StrCat("no message is a resource of the type ", unknown));
  }
  if (!faults.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("it is not known who may call: ", absl::StrJoin(faults, "; ")));
  }
  for (Foreign& each : foreign) {
    Method method;
    method.name = each.service;
    method.door = each.door;
    method.scope = v1::SCOPE_CALLER;
    method.audit = v1::AUDIT_REFUSED;
    made->foreign_.emplace(std::move(each.service), std::move(method));
  }
  return std::unique_ptr<const Methods>(std::move(made));
}

const Method* Methods::Find(std::string_view path) const {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (const auto own = methods_.find(path); own != methods_.end()) return &own->second;
  const auto other = foreign_.find(path.substr(0, path.find('/')));
  return other == foreign_.end() ? nullptr : &other->second;
}

}  // namespace carillon::access
