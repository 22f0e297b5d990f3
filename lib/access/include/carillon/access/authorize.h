#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "absl/status/status.h"
#include "carillon/access/methods.h"
#include "carillon/access/principal.h"

// Whether a principal may do what it asks for. Pure functions of method, principal and request: the
// same answer whether what is named exists or not, so that nobody learns of other tenants. Errors
// are those of carillon/aip/error.h: CREDENTIALS_MISSING, ROLE_FORBIDDEN, TENANT_FORBIDDEN,
// EVENT_TYPE_FORBIDDEN.
namespace carillon::access {

/// Whether it may call the method at all, before a request is read. `principal` is null when there
/// is no credential.
absl::Status CheckMethod(const Method& method, const Principal* principal);

/// Whether every tenant that the request names is one of the principal's, and whether it may do
/// without naming one; the error names the member. What only the server sets is cleared. Called
/// after CheckMethod, with a request of the method's type.
absl::Status CheckRequest(const Method& method, const Principal& principal,
                          google::protobuf::Message& request);

/// Whether it may publish this event. `tenant` is not empty; `index` is for the error.
absl::Status CheckEvent(const Principal& principal, size_t index, std::string_view tenant,
                        std::string_view type);

}  // namespace carillon::access
