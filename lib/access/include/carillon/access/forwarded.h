#pragma once

#include <string>
#include <string_view>

#include "carillon/base/peer_certificate.h"

namespace carillon::access {

/// Under which name a call's metadata says for whom it was made within the process: the address of
/// the client of the HTTP port. In calls that came over a socket it means nothing.
inline constexpr char kForwardedPeer[] = "carillon-peer";
/// The same of the certificate that this client has shown; binary.
inline constexpr char kForwardedCertificate[] = "carillon-peer-certificate-bin";

/// The value of that, and back; null: it is none.
std::string EncodePeerCertificate(const base::PeerCertificate& certificate);
base::PeerCertificatePtr DecodePeerCertificate(std::string_view bytes);

}  // namespace carillon::access
