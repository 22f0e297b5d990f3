#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "carillon/access/authenticator.h"
#include "carillon/access/methods.h"
#include "carillon/control/audit_log.h"
#include "carillon/control/call_trail.h"
#include "carillon/controlgrpc/call_authorization.h"

namespace carillon::controlgrpc {

/// Decides a call by lib/access: who it is by its credential, and whether its role may call the
/// method; then whether each tenant that the request names is one of its own. A method that
/// `methods` does not know is ROLE_FORBIDDEN; while there are no tokens every call is
/// CREDENTIALS_MISSING. Errors are those of `Authenticator` and of carillon/access/authorize.h.
/// Both references outlive what is returned. `trail`, which may be null, gets what becomes known of
/// the caller and of the request, and is the caller's then. `certificate` as `Authenticate` takes
/// it.
absl::StatusOr<CheckRequest> AuthorizeCall(
    const access::Methods& methods, std::string_view method, access::Authenticator& authenticator,
    std::string_view authorization, absl::FunctionRef<std::string()> address,
    std::shared_ptr<control::CallTrail> trail = nullptr,
    absl::FunctionRef<base::PeerCertificatePtr()> certificate = base::NoPeerCertificate);

/// The same for gRPC: the credential is the metadata `authorization`. `host_of` says where a call
/// comes from by gRPC's name of its peer; of one from this process, that is what the HTTP face says
/// (`carillon-peer`), as is the certificate that it has shown, which `certificate_of` says else.
/// What is refused is written down in `audit`, which may be null. All outlive
/// what is returned.
Authorize AuthorizeByAccess(
    access::Authenticator& authenticator, const access::Methods& methods,
    std::function<std::string(const std::string&)> host_of,
    std::function<base::PeerCertificatePtr(const std::string&)> certificate_of,
    control::AuditLog* audit = nullptr);

}  // namespace carillon::controlgrpc
