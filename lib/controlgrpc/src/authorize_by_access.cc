#include "carillon/controlgrpc/authorize_by_access.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/access/authorize.h"
#include "carillon/access/forwarded.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"
#include "describe_call.h"

namespace carillon::controlgrpc {
namespace {

/// Whether gRPC means a call within the process: 1.51 has no name for its peer, and one for each
/// connection that comes over the network.
bool IsInProcess(std::string_view peer) { return peer == "unknown" || peer.starts_with("inproc"); }

constexpr size_t kMaxUserAgent = 256;

std::string_view MetadataOf(const grpc::ServerContextBase& context, const char* name) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(name);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

control::Caller ToCaller(const access::Authenticator::CallerPtr& whose) {
  const access::Principal& principal = whose->principal();
  control::Caller caller;
  caller.credential = std::shared_ptr<const access::Principal>(whose, &principal);
  caller.principal = principal.name;
  if (!principal.all_tenants) caller.tenants = principal.tenants;
  caller.is_operator = principal.role == v1::ROLE_OPERATOR;
  return caller;
}

absl::Status NoTokens() {
  return aip::MakeError(v1::CREDENTIALS_MISSING,
                        "no tokens are configured, so nobody may call this: add one to "
                        "access.tokens (\"carillon tokens generate\")");
}

/// Of a method whose request is its own credential: who calls is known when it was looked at.
CheckRequest OpenDoor(const access::Method& called, std::shared_ptr<control::CallTrail> trail) {
  if (trail != nullptr) trail->changes = called.audit == v1::AUDIT_CHANGE;
  return [trail = std::move(trail)](
             google::protobuf::Message& request) -> absl::StatusOr<control::Caller> {
    if (trail != nullptr) DescribeRequest(request, *trail);
    return control::Caller{.tenants = {}, .trail = trail};
  };
}

}  // namespace

absl::StatusOr<CheckRequest> AuthorizeCall(
    const access::Methods& methods, std::string_view method, access::Authenticator& authenticator,
    std::string_view authorization, absl::FunctionRef<std::string()> address,
    std::shared_ptr<control::CallTrail> trail,
    absl::FunctionRef<base::PeerCertificatePtr()> certificate) {
  const access::Method* const called = methods.Find(method);
  if (called == nullptr) {
    return aip::MakeError(v1::ROLE_FORBIDDEN,
                          absl::StrCat("nobody may call ", base::ToAbsl(method)),
                          {{"method", std::string(method)}});
  }
  if (called->door == access::Door::kOpen) return OpenDoor(*called, std::move(trail));
  auto caller = authenticator.Authenticate(authorization, address, certificate);
  if (!caller.ok()) return caller.status();
  const access::Principal& principal = (*caller)->principal();
  if (principal.kind == access::PrincipalKind::kAnonymous) return NoTokens();
  if (trail != nullptr) {
    trail->principal = principal.name;
    trail->role = principal.role;
    trail->changes = called->audit == v1::AUDIT_CHANGE;
  }
  if (absl::Status status = access::CheckMethod(*called, &principal); !status.ok()) return status;
  return [called, &authenticator, trail = std::move(trail), caller = *std::move(caller)](
             google::protobuf::Message& request) -> absl::StatusOr<control::Caller> {
    const access::Principal& whose = caller->principal();
    if (trail != nullptr) DescribeRequest(request, *trail);
    if (absl::Status status = authenticator.Check(*caller); !status.ok()) return status;
    if (absl::Status status = access::CheckRequest(*called, whose, request); !status.ok()) {
      return status;
    }
    control::Caller to = ToCaller(caller);
    to.check = [&authenticator, caller] { return authenticator.Check(*caller); };
    to.trail = trail;
    return to;
  };
}

Authorize AuthorizeByAccess(
    access::Authenticator& authenticator, const access::Methods& methods,
    std::function<std::string(const std::string&)> host_of,
    std::function<base::PeerCertificatePtr(const std::string&)> certificate_of,
    control::AuditLog* audit) {
  return [&authenticator, &methods, host_of = std::move(host_of),
          certificate_of = std::move(certificate_of),
          audit](std::string_view method,
                 const grpc::ServerContextBase& head) -> absl::StatusOr<CheckRequest> {
    const auto address = [&] {
      const std::string peer = head.peer();
      // Anybody can send the metadata; only this process's own calls are believed.
      return IsInProcess(peer) ? std::string(MetadataOf(head, access::kForwardedPeer))
                               : host_of(peer);
    };
    const auto certificate = [&] {
      const std::string peer = head.peer();
      return IsInProcess(peer)
                 ? access::DecodePeerCertificate(MetadataOf(head, access::kForwardedCertificate))
                 : certificate_of(peer);
    };
    const std::string_view authorization = MetadataOf(head, "authorization");
    if (audit == nullptr) {
      return AuthorizeCall(methods, method, authenticator, authorization, address, nullptr,
                           certificate);
    }
    auto trail = std::make_shared<control::CallTrail>();
    trail->method = method;
    trail->remote_address = address();
    trail->user_agent = MetadataOf(head, "user-agent").substr(0, kMaxUserAgent);
    trail->trace_id = TraceIdOf(MetadataOf(head, "traceparent"));
    auto check =
        AuthorizeCall(methods, method, authenticator, authorization, address, trail, certificate);
    if (!check.ok()) {
      audit->Refused(*trail, check.status());
      return check.status();
    }
    return CheckRequest([audit, trail, check = *std::move(check)](
                            google::protobuf::Message& request) -> absl::StatusOr<control::Caller> {
      absl::StatusOr<control::Caller> caller = check(request);
      if (!caller.ok()) audit->Refused(*trail, caller.status());
      return caller;
    });
  };
}

}  // namespace carillon::controlgrpc
