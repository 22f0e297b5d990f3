#pragma once

#include "carillon/base/secret.h"
#include "carillon/base/shared_text.h"

namespace carillon::resource {

/// TLS of one of the server's own ports: what is PEM was checked, and belongs together. A value.
struct ServerTls {
  bool wanted = false;           ///< otherwise the port has none
  base::SharedText certificate;  ///< its chain after it
  base::Secret key;
  base::SharedText client_ca;  ///< empty: clients need not show a certificate
  friend bool operator==(const ServerTls&, const ServerTls&) = default;
};

}  // namespace carillon::resource
