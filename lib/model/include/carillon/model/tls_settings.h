#pragma once

#include "carillon/base/secret.h"
#include "carillon/base/shared_text.h"

namespace carillon::model {

/// What one side of a TLS connection wants of it, beyond what always holds (TLS 1.2 at least).
struct TlsSettings {
  base::SharedText ca_bundle;  ///< PEM, the only anchors of trust; when empty, the system's are
  base::SharedText client_certificate;  ///< PEM, its chain after it; empty when none is shown
  base::Secret client_key;              ///< PEM; belongs to client_certificate
  bool verify = true;                   ///< whether the peer's certificate is looked at at all
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

}  // namespace carillon::model
