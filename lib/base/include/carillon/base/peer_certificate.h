#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "carillon/base/clock.h"

namespace carillon::base {

/// What a client certificate says of its holder, which a handshake has verified. A value.
struct PeerCertificate {
  static constexpr size_t kMaxNameBytes = 256;    ///< a longer name is left out
  static constexpr size_t kMaxNamesBytes = 2048;  ///< of all; what is over it is left out

  /// In the order in which they are looked for: `sha256:` and 64 hexadecimal digits of the
  /// certificate, then the URIs, DNS names and e-mail addresses of its subject alternative names,
  /// then `CN=` and its common name. Without control characters.
  std::vector<std::string> names;
  WallTime end;  ///< it is not believed from then on

  friend bool operator==(const PeerCertificate&, const PeerCertificate&) = default;
};
using PeerCertificatePtr = std::shared_ptr<const PeerCertificate>;

/// Of clients that show none.
inline PeerCertificatePtr NoPeerCertificate() { return nullptr; }

}  // namespace carillon::base
