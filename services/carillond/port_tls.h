#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "carillon/resource/server_tls.h"
#include "carillon/web/server.h"

namespace carillon::server {

/// TLS of one of the server's ports; null when it is to have none. `member` is for the error:
/// INVALID_ARGUMENT.
absl::StatusOr<web::ServerTlsPtr> MakePortTls(const resource::ServerTls& settings,
                                              web::TlsProtocol protocol, std::string_view member);

}  // namespace carillon::server
