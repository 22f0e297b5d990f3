#pragma once

#include <openssl/x509.h>

#include "carillon/base/peer_certificate.h"

namespace carillon::net {

/// What a client's certificate says of its holder. Names with control characters, which could be
/// taken for others where they are shown, are left out, and those over the bounds of
/// base::PeerCertificate.
base::PeerCertificate DescribePeer(const X509& certificate);

}  // namespace carillon::net
