#include "port_tls.h"

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::server {

absl::StatusOr<web::ServerTlsPtr> MakePortTls(const resource::ServerTls& settings,
                                              web::TlsProtocol protocol, std::string_view member) {
  if (!settings.wanted) return web::ServerTlsPtr();
  const std::string& certificate = settings.certificate;
  auto tls = web::MakeServerTls(certificate, settings.key,
                                {.protocol = protocol, .client_ca_pem = settings.client_ca});
  if (tls.ok()) return tls;
  return absl::Status(tls.status().code(),
                      absl::StrCat(base::ToAbsl(member), ": ", tls.status().message()));
}

}  // namespace carillon::server
