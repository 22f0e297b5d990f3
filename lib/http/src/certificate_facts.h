#pragma once

#include <openssl/ssl.h>

#include <optional>

#include "carillon/model/attempt_facts.h"

namespace carillon::http {

/// The certificate that the server showed over `ssl`, also where it was refused, and why. Nullopt
/// when it showed none. Pure.
std::optional<model::CertificateFacts> CertificateOf(const SSL* ssl);

}  // namespace carillon::http
