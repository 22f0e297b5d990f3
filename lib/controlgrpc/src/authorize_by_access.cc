#include "carillon/controlgrpc/authorize_by_access.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/access/authorize.h"
#include "carillon/aip/error.h"
#include "carillon/base/text.h"

namespace carillon::controlgrpc {
namespace {

/// Whether gRPC means a call within the process: 1.51 has no name for its peer, and one for each
/// connection that comes over the network.
bool IsInProcess(std::string_view peer) { return peer == "unknown" || peer.starts_with("inproc"); }

constexpr char kPeer[] = "carillon-peer";

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

}  // namespace

absl::StatusOr<CheckRequest> AuthorizeCall(const access::Methods& methods, std::string_view method,
                                           access::Authenticator& authenticator,
                                           std::string_view authorization,
                                           absl::FunctionRef<std::string()> address) {
  const access::Method* const called = methods.Find(method);
  if (called == nullptr) {
    return aip::MakeError(v1::ROLE_FORBIDDEN,
                          absl::StrCat("nobody may call ", base::ToAbsl(method)),
                          {{"method", std::string(method)}});
  }
  auto caller = authenticator.Authenticate(authorization, address);
  if (!caller.ok()) return caller.status();
  const access::Principal& principal = (*caller)->principal();
  if (principal.kind == access::PrincipalKind::kAnonymous) return NoTokens();
  if (absl::Status status = access::CheckMethod(*called, &principal); !status.ok()) return status;
  return [called, &authenticator, caller = *std::move(caller)](
             google::protobuf::Message& request) -> absl::StatusOr<control::Caller> {
    const access::Principal& whose = caller->principal();
    if (absl::Status status = authenticator.Check(*caller); !status.ok()) return status;
    if (absl::Status status = access::CheckRequest(*called, whose, request); !status.ok()) {
      return status;
    }
    return ToCaller(caller);
  };
}

Authorize AuthorizeByAccess(access::Authenticator& authenticator, const access::Methods& methods,
                            std::function<std::string(const std::string&)> host_of) {
  return [&authenticator, &methods, host_of = std::move(host_of)](
             std::string_view method, const grpc::ServerContextBase& head) {
    const auto address = [&] {
      const std::string peer = head.peer();
      // Anybody can send the metadata; only this process's own calls are believed.
      return IsInProcess(peer) ? std::string(MetadataOf(head, kPeer)) : host_of(peer);
    };
    return AuthorizeCall(methods, method, authenticator, MetadataOf(head, "authorization"),
                         address);
  };
}

}  // namespace carillon::controlgrpc
